import { beforeEach, describe, expect, it } from 'vitest';
import { RunIndex } from '../../src/journal/catalog/run-index.js';
import { DataDir } from '../../src/journal/data-dir/data-dir.js';
import type { RecordDraft } from '../../src/journal/records/record.js';
import { reduce } from '../../src/journal/records/reduce.js';
import type { RunState } from '../../src/journal/records/state.js';
import { ControlledClock } from '../support/controlled-clock.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';
import { AT, DRAFTS, linesOf, platformWith, STARTED } from './rig.js';

const INDEX = '/data/index.json';
let memory: MemoryFileSystem;
let fileSystem: FaultyFileSystem;
let clock: ControlledClock;
let dir: DataDir;
beforeEach(async () => {
  memory = new MemoryFileSystem();
  memory.put('/data/lock', '');
  fileSystem = new FaultyFileSystem(memory);
  clock = new ControlledClock();
  dir = new DataDir(fileSystem, '/data');
});

const open = (): Promise<RunIndex> => RunIndex.open({ ...platformWith(fileSystem), clock }, dir);
const named = (drafts: readonly RecordDraft[], run: string): RecordDraft[] =>
  drafts.map((draft) => (draft.type === 'run.started' ? { ...draft, run } : draft));
const putRun = (run: string, drafts = DRAFTS): void =>
  memory.put(dir.journalPath(run), linesOf(named(drafts, run)).join(''));
const journalsRead = (): string[] =>
  fileSystem.log.filter((line) => /^open .*\.ndjson$/.test(line));

/** A state as it would be live. `startedAt` and what the tasks took, ms. */
function stateOf(
  run: string,
  startedAt = AT,
  { drafts = DRAFTS, taskMs = 0 }: { drafts?: readonly RecordDraft[]; taskMs?: number } = {},
): RunState {
  let state: RunState | undefined;
  for (const [index, draft] of named(drafts, run).entries()) {
    const later = draft.type === 'task.succeeded' ? taskMs : 0;
    const at = new Date(Date.parse(startedAt) + later).toISOString();
    state = reduce(state, { seq: index + 1, at, ...draft });
  }
  return state as RunState;
}

/** A finished run of a workflow with so many tasks, which took so long. */
function bigState(workflow: string, tasks: number, taskMs: number): RunState {
  const ids = Array.from({ length: tasks }, (_, index) => `t${index}`);
  const started = STARTED as Extract<RecordDraft, { type: 'run.started' }>;
  const specs = ids.map((id) => ({ id, runner: 'fn', needs: [], with: {} }));
  const drafts: RecordDraft[] = [
    { ...started, workflow: { name: workflow, tasks: specs } },
    ...ids.map((task): RecordDraft => ({ type: 'task.started', task, attempt: 1 })),
    ...ids.map((task): RecordDraft => ({ type: 'task.succeeded', task, attempt: 1 })),
    { type: 'run.finished', status: 'succeeded' },
  ];
  return stateOf(workflow, AT, { drafts, taskMs });
}

describe('the run index', () => {
  it('is made from the journals when there is none', async () => {
    putRun('done');
    putRun('open', DRAFTS.slice(0, 2));
    const index = await open();
    expect(index.list()).toEqual([
      expect.objectContaining({ id: 'done', workflow: 'server.create', status: 'succeeded' }),
      expect.objectContaining({ id: 'open', status: 'running' }),
    ]);
    expect(index.unfinished().map(({ id }) => id)).toEqual(['open']);
  });

  it.each([
    ['empty', ''],
    ['cut', '{"runs":[{"id":"do'],
    ['full of NULs', '\0'.repeat(100)],
    ['of another kind', '{"runs":[{"id":1}],"durations":[]}'],
    ['no object', '7'],
    ['null', 'null'],
  ])('is made from the journals when its file is %s', async (_, bytes) => {
    putRun('done');
    memory.put(INDEX, bytes);
    const index = await open();
    expect(index.list()).toMatchObject([{ id: 'done', status: 'succeeded' }]);
    index.put(stateOf('done'));
    await index.close();
    expect(JSON.parse(String(memory.bytes(INDEX)))).toMatchObject({ runs: [{ id: 'done' }] });
  });

  it('does not enter a run as finished that was only read: its end may not be on disk', async () => {
    putRun('done');
    putRun('open', DRAFTS.slice(0, 2));
    const index = await open();
    expect(index.unproven()).toEqual(['done']);
    await index.close();
    expect(JSON.parse(String(memory.bytes(INDEX)))).toMatchObject({ runs: [{ id: 'open' }] });
    index.put(stateOf('done'));
    expect(index.unproven()).toEqual([]);
  });

  it.each(['open', 'read'] as const)(
    'is made from the journals when its file fails to %s',
    async (operation) => {
      putRun('done');
      await (await open()).close();
      fileSystem.fail(operation, INDEX, 'EACCES');
      expect((await open()).list()).toMatchObject([{ id: 'done', status: 'succeeded' }]);
    },
  );

  it('does not call a run damaged that just can not be read for want of descriptors', async () => {
    putRun('done');
    fileSystem.fail('open', 'journal.ndjson', 'EMFILE');
    await expect(open()).rejects.toMatchObject({ code: 'NUFLOW_JOURNAL_READ' });
    fileSystem.heal();
    fileSystem.fail('open', 'journal.ndjson', 'EIO');
    expect((await open()).list()).toMatchObject([{ id: 'done', status: 'damaged' }]);
  });

  it('does not read the journals of runs it knows as finished', async () => {
    putRun('done');
    putRun('open', DRAFTS.slice(0, 2));
    const index = await open();
    index.put(stateOf('done'));
    await index.close();
    const before = journalsRead().length;
    await open();
    expect(journalsRead().slice(before)).toEqual([`open ${dir.journalPath('open')}`]);
  });

  it('believes the journal of a run that it knows as unfinished', async () => {
    putRun('one', DRAFTS.slice(0, 2));
    await (await open()).close();
    putRun('one');
    expect((await open()).list()).toMatchObject([{ id: 'one', status: 'succeeded' }]);
  });

  it('forgets runs whose folders are gone, and never knew those that were not accepted', async () => {
    putRun('one');
    await (await open()).close();
    await memory.remove('/data/runs/one');
    memory.put(dir.journalPath('never'), linesOf(DRAFTS)[0]?.slice(0, 30) ?? '');
    expect((await open()).list()).toEqual([]);
  });

  it('lists damaged runs as damaged, and as not ended', async () => {
    const lines = linesOf(DRAFTS, (seq) => seq - 1 || undefined);
    memory.put(dir.journalPath('bad'), lines.toSpliced(1, 1).join(''));
    putRun('good');
    const index = await open();
    expect(index.list()).toMatchObject([{ id: 'good' }, { id: 'bad', status: 'damaged' }]);
    expect(index.unfinished().map(({ id }) => id)).toEqual(['bad']);
  });

  it('lists the latest first, live runs as they stand now', async () => {
    const index = await open();
    index.put(stateOf('b', '2026-01-02T00:00:00.000Z'));
    index.put(stateOf('c', '2026-01-03T00:00:00.000Z'));
    index.put(stateOf('a', '2026-01-01T00:00:00.000Z'));
    index.put(stateOf('a2', '2026-01-01T00:00:00.000Z'));
    const live = { ...index.list()[1], id: 'b', status: 'failed' } as const;
    expect(index.list([live as never]).map(({ id, status }) => `${id} ${status}`)).toEqual([
      'c succeeded',
      'b failed',
      'a succeeded',
      'a2 succeeded',
    ]);
    await index.close();
  });
});

describe('writing the run index', () => {
  const writes = (): number => fileSystem.count('rename', INDEX);

  it('happens once for many changes, a second after the first of them', async () => {
    const index = await open();
    for (let n = 0; n < 50; n++) index.put(stateOf(`run-${n}`));
    expect(clock.awaited).toEqual([1000]);
    await clock.pass(1000);
    await index.close();
    expect(writes()).toBe(1);
    expect((JSON.parse(String(memory.bytes(INDEX))) as { runs: unknown[] }).runs).toHaveLength(50);
  });

  it('happens at the end, when something is left, and not when nothing is', async () => {
    const index = await open();
    index.put(stateOf('one'));
    await index.close();
    expect([writes(), clock.awaited]).toEqual([1, []]);
    const idle = await open();
    await idle.close();
    expect(writes()).toBe(1);
  });

  it('leaves the file whole or as it was, also after a power cut', async () => {
    const index = await open();
    index.put(stateOf('one'));
    await index.close();
    const whole = String(memory.afterPowerCut().bytes(INDEX));
    expect(JSON.parse(whole)).toMatchObject({ runs: [{ id: 'one' }] });
    for (const operation of ['remove', 'open', 'write', 'sync', 'rename', 'syncDir'] as const) {
      const again = await open();
      fileSystem.fail(operation, operation === 'open' ? '.tmp' : '', 'EIO');
      again.put(stateOf('two'));
      await again.close();
      fileSystem.heal();
      expect(JSON.parse(String(memory.bytes(INDEX)))).toBeTruthy();
      expect(JSON.parse(String(memory.afterPowerCut().bytes(INDEX)))).toBeTruthy();
    }
  });

  it('is tried again after it failed, and nobody is bothered', async () => {
    const index = await open();
    fileSystem.fail('rename', INDEX, 'ENOSPC');
    index.put(stateOf('one'));
    await clock.pass(1000);
    index.put(stateOf('two'));
    fileSystem.heal();
    await index.close();
    expect(JSON.parse(String(memory.bytes(INDEX)))).toMatchObject({
      runs: [{ id: 'one' }, { id: 'two' }],
    });
  });
});

describe('expected durations', () => {
  it('are those of the last run, and of earlier ones less and less, kept over a restart', async () => {
    const index = await open();
    expect(index.durations('server.create').size).toBe(0);
    index.put(stateOf('one', AT, { taskMs: 1000 }));
    expect([...index.durations('server.create')]).toEqual([['server', 1000]]);
    index.put(stateOf('two', AT, { taskMs: 2000 }));
    expect(index.durations('server.create').get('server')).toBe(1500);
    await index.close();
    expect((await open()).durations('server.create').get('server')).toBe(1500);
  });

  it('are learned from what succeeded in runs that have ended', async () => {
    const index = await open();
    index.put(stateOf('open', AT, { drafts: DRAFTS.slice(0, 3), taskMs: 5 }));
    expect(index.durations('server.create').size).toBe(0);
    const error = { code: 'x', message: 'x' };
    const drafts: RecordDraft[] = [
      ...DRAFTS.slice(0, 2),
      { type: 'task.failed', task: 'server', attempt: 1, error },
      { type: 'run.finished', status: 'failed' },
    ];
    index.put(stateOf('failed', AT, { drafts }));
    expect(index.durations('server.create').size).toBe(0);
    await index.close();
  });

  it('are never negative, also when the clock went back', async () => {
    const index = await open();
    index.put(stateOf('one', AT, { taskMs: -5000 }));
    expect(index.durations('server.create').get('server')).toBe(0);
    await index.close();
  });

  it('are kept of so many tasks only, those of the workflows that ran last', async () => {
    const index = await open();
    index.put(bigState('huge', 10_001, 10));
    expect(index.durations('huge').size).toBe(10_000);
    for (let n = 0; n < 4; n++) index.put(bigState(`w${n}`, 10_000, 10));
    index.put(bigState('huge', 10_001, 30));
    expect(index.durations('huge').get('t0')).toBe(20);
    index.put(bigState('one more', 1, 1));
    expect(index.durations('w0').size).toBe(0);
    expect(['w1', 'w2', 'w3', 'huge'].map((name) => index.durations(name).size)).toEqual(
      Array(4).fill(10_000),
    );
    await index.close();
  });
});
