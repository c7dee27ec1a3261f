import { describe, expect, it } from 'vitest';
import { defineWorkflow } from '../../src/index.js';
import { EngineRig, eventOf, sketch } from '../support/engine-rig.js';

describe('starting an id again', () => {
  it('attaches to the run that is live', async () => {
    const rig = await EngineRig.open();
    const first = await rig.start(sketch({ a: {} }), { input: { n: 1, m: 2 } });
    const again = await rig.start(sketch({ a: {} }), { input: { m: 2, n: 1 } });
    expect(again).toBe(first);
    (await rig.runner.started('a')).succeed();
    await first.result;
    expect(rig.runner.attempts).toHaveLength(1);
  });

  it('gives every caller the same run when many ask at once', async () => {
    const rig = await EngineRig.open();
    const runs = await Promise.all(Array.from({ length: 10 }, () => rig.start(sketch({ a: {} }))));
    expect(new Set(runs).size).toBe(1);
    (await rig.runner.started('a')).succeed();
    await runs[0]?.result;
    expect(await rig.story()).toEqual([
      'started',
      'started a 1',
      'succeeded a',
      'finished succeeded',
    ]);
  });

  it('attaches to an unfinished run on disk, and goes on with it', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: {}, b: { needs: ['a'] } }));
    (await rig.runner.started('a')).succeed('once');
    await rig.runner.started('b');
    await rig.restart();
    const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] } }));
    (await rig.runner.started('b')).succeed('twice');
    expect((await run.result).outputs).toEqual({ a: 'once', b: 'twice' });
    expect(rig.runner.of('a')).toEqual([]);
  });

  it.each(['in the same process', 'after a restart'])(
    'gives a finished run as it ended, %s',
    async (when) => {
      const rig = await EngineRig.open();
      rig.runner.onStart = (attempt) => attempt.succeed('once');
      await (await rig.start(sketch({ a: {} }))).result;
      if (when === 'after a restart') await rig.restart();
      const before = await rig.records();
      const run = await rig.start(sketch({ a: {} }));
      expect(await run.result).toEqual({
        status: 'succeeded',
        outputs: { a: 'once' },
        failures: [],
      });
      expect(await rig.records()).toEqual(before);
    },
  );

  it.each(['live', 'unfinished', 'finished'])(
    'is refused for another input, workflow or definition, when the run is %s',
    async (how) => {
      const rig = await EngineRig.open();
      const kept = sketch({ a: {}, b: {}, gone: {} });
      if (how === 'finished') rig.runner.onStart = (attempt) => attempt.succeed();
      const run = await rig.start(kept, { input: 1 });
      if (how === 'finished') await run.result;
      if (how !== 'live') await rig.restart();
      const before = await rig.records();

      await expect(rig.start(kept, { input: 2 })).rejects.toMatchObject({
        name: 'RunConflictError',
        code: 'NUFLOW_RUN_CONFLICT',
        details: { run: 'r', what: 'input' },
      });
      await expect(
        rig.start(sketch({ a: {}, b: {}, gone: {} }, { name: 'other' }), { input: 1 }),
      ).rejects.toMatchObject({
        code: 'NUFLOW_RUN_CONFLICT',
        details: { run: 'r', what: 'workflow' },
      });
      await expect(
        rig.start(sketch({ a: { priority: 1 }, b: {}, more: {} }), { input: 1 }),
      ).rejects.toMatchObject({
        name: 'DefinitionChangedError',
        code: 'NUFLOW_DEFINITION_CHANGED',
        changed: [
          { task: 'gone', change: 'removed' },
          { task: 'a', change: 'changed' },
          { task: 'more', change: 'added' },
        ],
      });
      expect(await rig.records()).toEqual(before);
    },
  );

  it('compares the input as the schema made it', async () => {
    const rig = await EngineRig.open();
    const trims = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => ({ value: String(value).trim() }),
      },
    } as const;
    const workflow = defineWorkflow('w', {
      input: trims,
      tasks: (t) => ({ a: t.task('a', { runner: 'test' }) }),
    });
    const first = await rig.orchestrator.start(workflow, { id: 'r', input: ' wuji' });
    expect(await rig.orchestrator.start(workflow, { id: 'r', input: 'wuji ' })).toBe(first);
  });

  it.each(['', '.', '..', '.hidden', 'a/b', 'a b', 'ä', 'x'.repeat(129), 'a\0'])(
    'is refused for %j, which is no id',
    async (id) => {
      const rig = await EngineRig.open();
      await expect(rig.start(sketch({}), { id })).rejects.toMatchObject({
        code: 'NUFLOW_INVALID_RUN_ID',
      });
      await expect(rig.orchestrator.resume(id)).rejects.toMatchObject({
        code: 'NUFLOW_INVALID_RUN_ID',
      });
      await expect(rig.orchestrator.inspect(id)).rejects.toMatchObject({
        code: 'NUFLOW_INVALID_RUN_ID',
      });
    },
  );

  it('takes a start that never got to the disk as never made', async () => {
    const rig = await EngineRig.open();
    const syncs = rig.holdSyncs();
    rig.disk.fail('sync', 'journal.ndjson', 'EIO');
    const starting = rig.start(sketch({ a: {} })).catch((error: Error) => error);
    syncs.open();
    expect(await starting).toMatchObject({ code: 'NUFLOW_JOURNAL_WRITE' });
    expect(rig.orchestrator.get('r')).toBeUndefined();
    expect(rig.runner.attempts).toEqual([]);
    rig.disk.heal();
    const run = await rig.start(sketch({ a: {} }));
    (await rig.runner.started('a')).succeed();
    expect((await run.result).status).toBe('succeeded');
  });
});

describe('looking at runs', () => {
  it('lists them, latest first, the live ones as they stand', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: {} }), { id: 'first' });
    rig.clock.move(1);
    const second = await rig.start(sketch({ a: {}, b: {} }), { id: 'second' });
    (await rig.runner.started('a', 2)).fail();
    await eventOf(second, 'task.failed');
    await rig.runner.started('b');
    const listed = await rig.orchestrator.list();
    expect(listed).toMatchObject([
      {
        id: 'second',
        workflow: 'sketch',
        status: 'running',
        tasks: { total: 2, done: 1, failed: 1 },
      },
      {
        id: 'first',
        workflow: 'sketch',
        status: 'running',
        tasks: { total: 1, done: 0, failed: 0 },
      },
    ]);
    for (const attempt of rig.runner.running) attempt.succeed();
    await Promise.all(['first', 'second'].map((id) => rig.orchestrator.get(id)?.result));
    expect((await rig.orchestrator.list()).map(({ status }) => status)).toEqual([
      'failed',
      'succeeded',
    ]);
    await rig.restart();
    expect((await rig.orchestrator.list()).map(({ id }) => id)).toEqual(['second', 'first']);
  });

  it('shows a run whoever works on it, and never makes it go on', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] } }), { input: { x: 1 } });
    (await rig.runner.started('a')).succeed({ port: 1 });
    await rig.runner.started('b');
    const live = await rig.orchestrator.inspect('r');
    expect(live).toEqual(run.snapshot());
    expect(live).toMatchObject({
      id: 'r',
      status: 'running',
      input: { x: 1 },
      tasks: [
        { id: 'a', status: 'succeeded', output: { port: 1 } },
        { id: 'b', status: 'running', attempts: 1, needs: ['a'] },
      ],
    });
    await rig.restart();
    const after = await rig.orchestrator.inspect('r');
    expect(after).toEqual(live);
    expect(after.progress).toMatchObject({ total: 2, done: 1, running: 1, failed: 0 });
    expect(rig.orchestrator.get('r')).toBeUndefined();
    expect(rig.runner.attempts).toEqual([]);
  });

  it('says so when there is no such run', async () => {
    const rig = await EngineRig.open();
    for (const look of ['inspect', 'resume', 'cancel'] as const)
      await expect(rig.orchestrator[look]('x')).rejects.toMatchObject({
        name: 'RunNotFoundError',
        code: 'NUFLOW_RUN_NOT_FOUND',
      });
    expect(rig.orchestrator.get('x')).toBeUndefined();
  });

  it('can be done while another run is being accepted', async () => {
    const rig = await EngineRig.open();
    rig.runner.onStart = (attempt) => {
      attempt.onStop = () => attempt.fail();
    };
    const syncs = rig.holdSyncs();
    const starting = rig.start(sketch({ a: {} }));
    await syncs.asked();
    expect(await rig.orchestrator.list()).toEqual([]);
    await expect(rig.orchestrator.inspect('nobody')).rejects.toThrow(/no run/);
    const cancelling = rig.orchestrator.cancel('r', 'changed my mind');
    syncs.open();
    await starting;
    await cancelling;
    expect((await rig.orchestrator.inspect('r')).status).toBe('cancelled');
  });
});
