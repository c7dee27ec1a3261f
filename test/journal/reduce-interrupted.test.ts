import { describe, expect, it } from 'vitest';
import type { RecordDraft } from '../../src/journal/records/record.js';
import { taskState } from '../../src/journal/records/state.js';
import { RunRig, workflow } from '../dag/run-rig.js';

const DECIDED = { type: 'task.decided', task: 'a', attempt: 2 } as const;

/** A run whose task `a` failed once, and is held in its second attempt. */
function held(): RunRig {
  const run = new RunRig(workflow({ a: {} }));
  run.start();
  run.retryLater('a');
  run.frontier.due('a');
  run.start();
  run.interrupt('a', 'hold');
  return run;
}

describe('a held task', () => {
  const decided = (draft: RecordDraft) => {
    const run = held();
    run.commit(draft);
    return taskState(run.state, 'a');
  };

  it('keeps when it started, and since when it is held', () => {
    expect(taskState(held().state, 'a')).toEqual({
      status: 'interrupted',
      attempts: 2,
      failures: 1,
      startedAt: expect.any(String),
      heldAt: expect.any(String),
    });
  });

  it('is pending again with its attempts and failures when it is to run again', () => {
    expect(decided({ ...DECIDED, decision: 'rerun' })).toEqual({
      status: 'pending',
      attempts: 2,
      failures: 1,
    });
  });

  it('has succeeded, with the output or its file, when it is done', () => {
    const done = { ...DECIDED, decision: 'done' } as const;
    const startedAt = expect.any(String);
    const succeeded = { status: 'succeeded', attempts: 2, failures: 1, startedAt };
    const output = { id: 'x' };
    expect(decided({ ...done, output })).toMatchObject({ ...succeeded, output });
    const outputFile = { path: 'outputs/0001.json', sha256: '0', bytes: 1 };
    expect(decided({ ...done, outputFile })).toMatchObject({ ...succeeded, outputFile });
  });

  it('has failed, with the message or words of its own, when it is to fail', () => {
    expect(decided({ ...DECIDED, decision: 'fail', message: 'gone' })).toMatchObject({
      status: 'failed',
      attempts: 2,
      failures: 1,
      error: { code: 'NUFLOW_DECIDED_FAILED', message: 'gone' },
    });
    const { error } = decided({ ...DECIDED, decision: 'fail' }) as { error: { message: string } };
    expect(error.message).toContain('decided');
  });

  it.each<[string, RecordDraft]>([
    ['a decision about another attempt', { ...DECIDED, attempt: 1, decision: 'done' }],
    ['an outcome', { type: 'task.succeeded', task: 'a', attempt: 2, output: 1 }],
    [
      'a failure nobody decided',
      { type: 'task.failed', task: 'a', attempt: 2, error: { code: 'E', message: '' } },
    ],
    ['another attempt', { type: 'task.started', task: 'a', attempt: 3 }],
  ])('takes no %s', (_what, draft) => {
    const run = held();
    const before = structuredClone(run.state);
    expect(() => run.commit(draft)).toThrow(/can't follow/);
    expect(run.state).toEqual(before);
  });
});

const KILLED = { code: 'NUFLOW_SIGNAL', message: 'killed' };

describe('a task whose attempt was seen to die', () => {
  const ended = { task: 'a', attempt: 1 } as const;
  const probing = (error?: typeof KILLED): RunRig => {
    const run = new RunRig(workflow({ a: {} }));
    run.start();
    run.commit({ type: 'task.interrupted', ...ended, next: 'probe', error });
    return run;
  };
  const retryAt = '2026-01-01T00:00:00.000Z';
  const later = { type: 'task.retryScheduled', ...ended, error: KILLED, retryAt } as const;

  it('keeps how it died while its probe is asked', () => {
    const { state } = probing(KILLED);
    expect(taskState(state, 'a')).toMatchObject({ status: 'probing', error: KILLED });
  });

  it('has failed once when it is tried again, or for good, after its probe', () => {
    const again = probing(KILLED);
    again.commit(later);
    expect(taskState(again.state, 'a')).toMatchObject({ status: 'retrying', failures: 1 });
    const failed = probing(KILLED);
    failed.commit({ type: 'task.failed', ...ended, error: KILLED });
    expect(taskState(failed.state, 'a')).toMatchObject({ status: 'failed', failures: 1 });
  });

  it('is not tried again as failed when nobody saw it die', () => {
    expect(() => probing().commit(later)).toThrow(/no failure of its attempt is on record/);
    const failed = probing();
    failed.commit({ type: 'task.failed', ...ended, error: KILLED });
    expect(taskState(failed.state, 'a')).toMatchObject({ status: 'failed', failures: 0 });
  });
});

describe('crashes in a row', () => {
  const crash = (run: RunRig, attempt: number, next: 'retry' | 'probe' = 'retry'): void => {
    run.start();
    run.commit({ type: 'task.interrupted', task: 'a', attempt, next, cause: 'crash' });
  };
  const crashed = (): RunRig => {
    const run = new RunRig(workflow({ a: {}, b: {} }));
    crash(run, 1);
    crash(run, 2);
    return run;
  };
  const crashes = ({ state }: RunRig): number | undefined => {
    const task = taskState(state, 'a');
    return 'crashes' in task ? task.crashes : undefined;
  };

  it('are counted, also while the task runs', () => {
    const run = crashed();
    expect(crashes(run)).toBe(2);
    run.start();
    expect(crashes(run)).toBe(2);
  });

  it('are not made more by what is no crash', () => {
    const run = crashed();
    run.start();
    run.interrupt('a', 'retry');
    expect(crashes(run)).toBe(2);
  });

  it('are counted anew after a failure, and after a decision', () => {
    const failed = crashed();
    failed.start();
    failed.retryLater('a');
    expect(crashes(failed)).toBe(undefined);
    const decided = crashed();
    decided.start();
    decided.interrupt('a', 'hold');
    decided.decide('a', 'rerun');
    expect(crashes(decided)).toBe(undefined);
  });

  it('count each resume that has to ask a probe again', () => {
    const run = new RunRig(workflow({ a: {}, b: {} }));
    crash(run, 1, 'probe');
    expect(crashes(run)).toBe(1);
    run.start();
    run.commit({ type: 'run.resumed', pid: 1 });
    run.commit({ type: 'run.resumed', pid: 1 });
    expect(crashes(run)).toBe(3);
    run.interrupt('b', 'probe');
    run.commit({ type: 'run.resumed', pid: 1 });
    expect(taskState(run.state, 'b')).toMatchObject({ status: 'probing', crashes: 1 });
    run.interrupt('a', 'retry');
    expect(crashes(run)).toBe(4);
  });
});

describe('a task whose probe is asked', () => {
  const probing = (): RunRig => {
    const run = new RunRig(workflow({ a: {} }));
    run.start();
    run.interrupt('a', 'probe');
    return run;
  };
  const answered = (draft: RecordDraft) => {
    const run = probing();
    run.commit(draft);
    return taskState(run.state, 'a');
  };
  const ended = { task: 'a', attempt: 1 } as const;

  it('is probing, and keeps when its attempt started', () => {
    const { state } = probing();
    expect(taskState(state, 'a')).toEqual({
      status: 'probing',
      attempts: 1,
      failures: 0,
      startedAt: expect.any(String),
    });
  });

  it('has succeeded, is pending, held or cancelled by what comes of it', () => {
    const output = { id: 'found' };
    const startedAt = expect.any(String);
    expect(answered({ type: 'task.succeeded', ...ended, output })).toMatchObject({
      status: 'succeeded',
      attempts: 1,
      startedAt,
      output,
    });
    expect(answered({ type: 'task.interrupted', ...ended, next: 'retry' })).toEqual({
      status: 'pending',
      attempts: 1,
      failures: 0,
    });
    const error = { code: 'NUFLOW_PROBE_FAILED', message: 'no answer' };
    expect(answered({ type: 'task.interrupted', ...ended, next: 'hold', error })).toMatchObject({
      status: 'interrupted',
      startedAt,
      error,
    });
    expect(answered({ type: 'task.cancelled', ...ended, reason: 'requested' })).toMatchObject({
      status: 'cancelled',
    });
  });

  it.each<[string, RecordDraft]>([
    ['another probe', { type: 'task.interrupted', ...ended, next: 'probe' }],
    ['an outcome of another attempt', { type: 'task.succeeded', task: 'a', attempt: 2 }],
    ['another attempt', { type: 'task.started', task: 'a', attempt: 2 }],
    ['a process', { type: 'task.spawned', ...ended, pid: 1, startTime: '', bootId: '' }],
    ['a decision', { type: 'task.decided', ...ended, decision: 'rerun' }],
  ])('takes no %s', (_what, draft) => {
    const run = probing();
    const before = structuredClone(run.state);
    expect(() => run.commit(draft)).toThrow(/can't follow/);
    expect(run.state).toEqual(before);
  });
});

it.each<[string, (run: RunRig) => void]>([
  ['pending', () => {}],
  ['running', (run) => run.start()],
  [
    'retrying',
    (run) => {
      run.start();
      run.retryLater('a');
    },
  ],
  [
    'succeeded',
    (run) => {
      run.start();
      run.succeed('a');
    },
  ],
])('a decision about a task that is %s contradicts the journal', (status, prepare) => {
  const run = new RunRig(workflow({ a: {} }));
  prepare(run);
  expect(() => run.commit({ ...DECIDED, attempt: 1, decision: 'done' })).toThrow(
    `the task is ${status}`,
  );
});
