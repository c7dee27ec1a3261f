import { describe, expect, it } from 'vitest';
import type { JournalRecord, RecordDraft } from '../../src/journal/records/record.js';
import { reduce } from '../../src/journal/records/reduce.js';
import {
  isTerminal,
  type RunState,
  type TaskStatus,
  taskState,
} from '../../src/journal/records/state.js';
import { summary } from '../../src/journal/records/summary.js';
import { AT, STARTED } from './rig.js';

const error = { code: 'E', message: 'no' };
const first: JournalRecord = { seq: 1, at: AT, ...STARTED };

/** The run's state after these facts. */
function given(...drafts: RecordDraft[]): RunState {
  let state = reduce(undefined, first);
  for (const draft of drafts) state = committed(state, draft);
  return state;
}

function committed(state: RunState, draft: RecordDraft): RunState {
  return reduce(state, { seq: state.seq + 1, at: AT, ...draft });
}

const about = { task: 'server', attempt: 1 } as const;
const skipped = (status: 'skipped' | 'upstreamFailed'): RecordDraft => ({
  type: 'task.skipped',
  task: 'server',
  status,
  reason: { by: 'onFailure', failed: 'x' },
});
const started: RecordDraft = { type: 'task.started', ...about };
const retry: RecordDraft = { type: 'task.retryScheduled', ...about, error, retryAt: AT };
const interrupted = (next: 'retry' | 'hold' | 'probe'): RecordDraft => ({
  type: 'task.interrupted',
  ...about,
  next,
});
const cancelled: RecordDraft = { type: 'task.cancelled', task: 'server', reason: 'requested' };

/** How a task comes to be in each status. */
const WAYS: { readonly [status in TaskStatus]: readonly RecordDraft[] } = {
  pending: [],
  running: [started],
  retrying: [started, retry],
  probing: [started, interrupted('probe')],
  interrupted: [started, interrupted('hold')],
  succeeded: [started, { type: 'task.succeeded', ...about }],
  failed: [started, { type: 'task.failed', ...about, error }],
  skipped: [skipped('skipped')],
  upstreamFailed: [skipped('upstreamFailed')],
  cancelled: [cancelled],
};

/** What a fact makes of a task in each status that it may follow; `attempt` is that of the state, or the next. */
const FACTS: readonly [
  string,
  (attempts: number) => RecordDraft,
  Partial<Record<TaskStatus, TaskStatus>>,
][] = [
  [
    'task.started',
    (attempts) => ({ ...started, attempt: attempts + 1 }) as RecordDraft,
    { pending: 'running', retrying: 'running' },
  ],
  [
    'task.spawned',
    (attempt) => ({
      type: 'task.spawned',
      task: 'server',
      attempt,
      pid: 1,
      startTime: '1',
      bootId: '',
    }),
    { running: 'running' },
  ],
  [
    'task.succeeded',
    (attempt) => ({ type: 'task.succeeded', task: 'server', attempt, output: 1 }),
    { running: 'succeeded', probing: 'succeeded' },
  ],
  [
    'task.failed',
    (attempt) => ({ type: 'task.failed', task: 'server', attempt, error }),
    { pending: 'failed', running: 'failed', retrying: 'failed', probing: 'failed' },
  ],
  [
    'task.retryScheduled',
    (attempt) => ({ ...retry, attempt }) as RecordDraft,
    { running: 'retrying' },
  ],
  [
    'task.interrupted, to be tried again',
    (attempt) => ({ ...interrupted('retry'), attempt }) as RecordDraft,
    { running: 'pending', probing: 'pending' },
  ],
  [
    'task.interrupted, to be held',
    (attempt) => ({ ...interrupted('hold'), attempt }) as RecordDraft,
    { running: 'interrupted', probing: 'interrupted' },
  ],
  [
    'task.interrupted, to be asked',
    (attempt) => ({ ...interrupted('probe'), attempt }) as RecordDraft,
    { running: 'probing' },
  ],
  [
    'task.decided, to run again',
    (attempt) => ({ type: 'task.decided', task: 'server', attempt, decision: 'rerun' }),
    { interrupted: 'pending' },
  ],
  [
    'task.decided, to be done',
    (attempt) => ({ type: 'task.decided', task: 'server', attempt, decision: 'done' }),
    { interrupted: 'succeeded' },
  ],
  [
    'task.decided, to have failed',
    (attempt) => ({ type: 'task.decided', task: 'server', attempt, decision: 'fail' }),
    { interrupted: 'failed' },
  ],
  ['task.skipped', () => skipped('skipped'), { pending: 'skipped', retrying: 'skipped' }],
  [
    'task.cancelled',
    () => cancelled,
    {
      pending: 'cancelled',
      running: 'cancelled',
      retrying: 'cancelled',
      probing: 'cancelled',
      interrupted: 'cancelled',
    },
  ],
];

const STATUSES = Object.keys(WAYS) as TaskStatus[];
const attemptsIn = (state: RunState): number => {
  const task = taskState(state, 'server');
  return 'attempts' in task ? task.attempts : 0;
};

describe.each(STATUSES)('a task that is %s', (status) => {
  it('is so, and nothing more can happen to it if it is so for good', () => {
    const task = taskState(given(...WAYS[status]), 'server');
    expect(task.status).toBe(status);
    const possible = FACTS.filter(([, , follows]) => status in follows);
    expect(isTerminal(task)).toBe(possible.length === 0);
  });

  it.each(FACTS)(
    'takes %s as the rules say, or refuses it and stays as it was',
    (_, draft, follows) => {
      const state = given(...WAYS[status]);
      const fact = draft(attemptsIn(state));
      const wanted = follows[status];
      if (wanted !== undefined)
        return expect(taskState(committed(state, fact), 'server').status).toBe(wanted);
      const before = structuredClone(state);
      expect(() => committed(state, fact)).toThrow(
        expect.objectContaining({ code: 'NUFLOW_ILLEGAL_RECORD' }),
      );
      expect(state).toEqual(before);
    },
  );

  it('takes nothing about another attempt than its own', () => {
    for (const [, draft, follows] of FACTS) {
      const state = given(...WAYS[status]);
      const fact = draft(attemptsIn(state) + 1);
      if (!(status in follows) || !('attempt' in fact)) continue;
      expect(() => committed(state, fact)).toThrow(
        expect.objectContaining({ code: 'NUFLOW_ILLEGAL_RECORD' }),
      );
    }
  });
});

describe('attempts and failures', () => {
  const triesAfter = (...drafts: RecordDraft[]) => {
    const task = taskState(given(...drafts), 'server');
    return 'failures' in task ? [task.attempts, task.failures] : undefined;
  };

  it('count every attempt, and as failures those that failed', () => {
    const again: RecordDraft = { type: 'task.started', task: 'server', attempt: 2 };
    expect(triesAfter(started, retry, again)).toEqual([2, 1]);
    const last: RecordDraft = { type: 'task.failed', task: 'server', attempt: 2, error };
    expect(triesAfter(started, retry, again, last)).toEqual([2, 2]);
  });

  it('do not count what was interrupted, nor the end of waiting for a retry, as a failure', () => {
    const again: RecordDraft = { type: 'task.started', task: 'server', attempt: 2 };
    expect(triesAfter(started, interrupted('retry'), again)).toEqual([2, 0]);
    expect(triesAfter(started, retry, { type: 'task.failed', ...about, error })).toEqual([1, 1]);
    const early: RecordDraft = { type: 'task.failed', task: 'server', attempt: 0, error };
    expect(triesAfter(early)).toEqual([0, 0]);
  });
});

describe('a run', () => {
  const finished: RecordDraft = { type: 'run.finished', status: 'failed' };
  const cancel: RecordDraft = { type: 'run.cancelRequested', reason: 'signal' };

  it('is running, then cancelling, then what it finished as', () => {
    expect(given().phase).toEqual({ status: 'running' });
    expect(given({ type: 'run.resumed', pid: 1 }).phase).toEqual({ status: 'running' });
    expect(given(cancel).phase).toEqual({ status: 'cancelling', reason: 'signal' });
    expect(given(cancel, finished).phase).toEqual({ status: 'failed', endedAt: AT });
  });

  it.each<[string, () => unknown]>([
    ['nothing before run.started', () => reduce(undefined, { seq: 1, at: AT, ...cancel })],
    ['run.started in another place', () => reduce(undefined, { ...first, seq: 2 })],
    ['run.started a second time', () => reduce(given(), first)],
    ['a gap', () => reduce(given(), { seq: 3, at: AT, ...cancel })],
    ['a record twice', () => reduce(given(cancel), { seq: 2, at: AT, ...cancel })],
    ['anything after run.finished', () => given(finished, cancel)],
    ['anything of a task after run.finished', () => given(finished, started)],
  ])('takes no %s', (_, fold) => {
    expect(fold).toThrow(expect.objectContaining({ code: 'NUFLOW_ILLEGAL_RECORD' }));
  });

  it.each([{ type: 'run.paused' }, { type: 'task.teleported', task: 'server' }])(
    'never folds what it does not know, such as %j',
    (unknown) => {
      const fold = () => given(unknown as unknown as RecordDraft);
      expect(fold).toThrow(expect.objectContaining({ code: 'NUFLOW_BUG' }));
    },
  );

  it.each([
    [[started], { type: 'task.interrupted', ...about, next: 'dance' }],
    [WAYS.interrupted, { type: 'task.decided', ...about, decision: 'dance' }],
  ])('never folds a word it does not know', (before, unknown) => {
    const fold = () => committed(given(...before), unknown as unknown as RecordDraft);
    expect(fold).toThrow(expect.objectContaining({ code: 'NUFLOW_BUG' }));
  });
});

describe('a run in a line', () => {
  it.each(STATUSES)('counts a task that is %s', (status) => {
    const done = isTerminal(taskState(given(...WAYS[status]), 'server')) ? 1 : 0;
    const failed = status === 'failed' || status === 'upstreamFailed' ? 1 : 0;
    const held = status === 'interrupted' ? 1 : 0;
    expect(summary(given(...WAYS[status])).tasks).toMatchObject({ total: 1, done, failed, held });
  });

  it('tells when it ended, if it has', () => {
    expect(summary(given())).not.toHaveProperty('endedAt');
    expect(summary(given({ type: 'run.finished', status: 'succeeded' }))).toMatchObject({
      id: 'create-wuji',
      workflow: 'server.create',
      status: 'succeeded',
      startedAt: AT,
      endedAt: AT,
    });
  });
});

it('refuses a record of a task that the workflow does not have', () => {
  const state = given(started);
  const other: RecordDraft = { type: 'task.started', task: 'another', attempt: 1 };
  expect(() => committed(state, other)).toThrow('the workflow has no such task');
  expect([...state.tasks].map(([id]) => id)).toEqual(['server']);
  expect(taskState(state, 'another').status).toBe('pending');
});
