import { describe, expect, it } from 'vitest';
import { defineWorkflow, Orchestrator } from '../../src/index.js';
import { systemPlatform } from '../../src/platform/platform.js';
import { EngineRig, eventOf, quiet, sketch } from '../support/engine-rig.js';

/** Two tasks that run and one that waits for them. */
const THREE = { a: {}, b: {}, c: { needs: ['a', 'b'] } };

async function running() {
  const rig = await EngineRig.open();
  const run = await rig.start(sketch(THREE));
  const a = await rig.runner.started('a');
  const b = await rig.runner.started('b');
  return { rig, run, a, b };
}

const unfinished = expect.objectContaining({ code: 'NUFLOW_RUN_UNFINISHED' });

describe('closing', () => {
  it('drains: starts nothing more, waits for what runs, and leaves the rest resumable', async () => {
    const { rig, run, a, b } = await running();
    const closing = rig.orchestrator.close();
    a.succeed('a');
    await eventOf(run, 'task.succeeded', 'a');
    expect([a.stops, b.stops]).toEqual([[], []]);
    b.succeed('b');
    await closing;
    await expect(run.result).rejects.toEqual(unfinished);
    expect(await rig.story()).not.toContain('started c 1');
    await rig.restart();
    const resumed = await rig.orchestrator.resume('r');
    (await rig.runner.started('c')).succeed('c');
    expect((await resumed.result).outputs).toEqual({ a: 'a', b: 'b', c: 'c' });
    expect(rig.runner.order).toEqual(['c']);
  });

  it('tells of everything that it puts on disk, whenever it was appended', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const rig = await EngineRig.open();
      const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] } }));
      const a = await rig.runner.started('a');
      run.on('task.interrupted', async () => {
        for (let n = 0; n < turns; n++) await Promise.resolve();
        await run.cancel().catch(() => {});
      });
      const syncs = rig.holdSyncs();
      a.succeed();
      await syncs.asked();
      const closing = rig.orchestrator.close({ mode: 'detach' });
      await quiet();
      syncs.open();
      await closing;
      const told = await run.ended.then(
        () => 'cancelled',
        () => 'running',
      );
      expect([turns, (await rig.folded()).phase.status]).toEqual([turns, told]);
      expect(run.snapshot().status).toBe(told);
      expect(run.snapshot().seq).toBe((await rig.records()).length);
      await rig.dispose();
    }
  });

  it('drains to the end when nothing more has to start', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    const a = await rig.runner.started('a');
    const closing = rig.orchestrator.close();
    a.succeed();
    await closing;
    expect((await run.result).status).toBe('succeeded');
  });

  it('does not wait for a retry that is not due', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(
      sketch({ a: { retry: { maximumAttempts: 2, initialInterval: '1h' } } }),
    );
    (await rig.runner.started('a')).fail();
    await eventOf(run, 'task.retryScheduled');
    await rig.orchestrator.close();
    await expect(run.result).rejects.toEqual(unfinished);
    expect(rig.clock.awaited).toEqual([]);
  });

  it('stops: interrupts what runs, kills it after the grace, and leaves it resumable', async () => {
    const { rig, run, a, b } = await running();
    const closing = rig.orchestrator.close({ mode: 'stop' });
    await a.stopped('interrupt');
    await b.stopped('interrupt');
    a.fail('E_INTERRUPTED');
    await eventOf(run, 'task.interrupted', 'a');
    await rig.clock.pass(5_000);
    await closing;
    expect([a.stops, b.stops]).toEqual([['interrupt'], ['interrupt', 'kill']]);
    expect((await rig.story()).slice(3)).toEqual(['interrupted a retry', 'interrupted b retry']);
    await rig.restart();
    const resumed = await rig.orchestrator.resume('r');
    for (const task of ['a', 'b', 'c']) (await rig.runner.started(task)).succeed();
    expect((await resumed.result).status).toBe('succeeded');
  });

  it('counts what succeeds all the same while it is stopped', async () => {
    const { rig, a, b } = await running();
    const closing = rig.orchestrator.close({ mode: 'stop' });
    a.succeed('in time');
    b.fail();
    await closing;
    expect((await rig.story()).slice(3)).toEqual(['succeeded a', 'interrupted b retry']);
  });

  it('stops without grace when asked to stop again', async () => {
    const { rig, a, b } = await running();
    const closing = rig.orchestrator.close({ mode: 'stop' });
    await a.stopped('interrupt');
    const again = rig.orchestrator.close({ mode: 'stop' });
    await Promise.all([closing, again]);
    expect([a.stops, b.stops]).toEqual([
      ['interrupt', 'kill'],
      ['interrupt', 'kill'],
    ]);
    expect((await rig.story()).slice(3)).toEqual(['interrupted a retry', 'interrupted b retry']);
  });

  it('turns a drain into a stop, with its grace, when asked to', async () => {
    const { rig, a, b } = await running();
    const draining = rig.orchestrator.close();
    const stopping = rig.orchestrator.close({ mode: 'stop' });
    await a.stopped('interrupt');
    await quiet();
    expect([a.stops, b.stops]).toEqual([['interrupt'], ['interrupt']]);
    a.fail();
    b.fail();
    await Promise.all([draining, stopping]);
    expect((await rig.story()).slice(3)).toEqual(['interrupted a retry', 'interrupted b retry']);
  });

  it('turns a drain into a cancel when asked to', async () => {
    const { rig, run, a, b } = await running();
    const draining = rig.orchestrator.close();
    const cancelling = rig.orchestrator.close({ mode: 'cancel' });
    await a.stopped('interrupt');
    a.fail();
    b.succeed();
    await Promise.all([draining, cancelling]);
    expect((await run.result).status).toBe('cancelled');
  });

  it('turns a drain or a stop into a detach, and lets both calls return', async () => {
    for (const mode of ['drain', 'stop'] as const) {
      const { rig, run } = await running();
      const waiting = rig.orchestrator.close({ mode });
      await Promise.all([waiting, rig.orchestrator.close({ mode: 'detach' })]);
      await expect(run.result).rejects.toEqual(unfinished);
      expect(await rig.story()).toEqual(['started', 'started a 1', 'started b 1']);
    }
  });

  it('cancels the runs, and kills what runs when asked again', async () => {
    const { rig, run, a, b } = await running();
    const closing = rig.orchestrator.close({ mode: 'cancel' });
    await a.stopped('interrupt');
    a.fail();
    const again = rig.orchestrator.close({ mode: 'cancel' });
    await Promise.all([closing, again]);
    expect(b.stops).toEqual(['interrupt', 'kill']);
    expect((await run.result).status).toBe('cancelled');
    expect(await rig.records()).toMatchObject({
      3: {
        type: 'run.cancelRequested',
        reason: 'requested',
        message: 'the orchestrator was closed',
      },
    });
  });

  it('detaches: leaves what runs to itself, and the next open finds it', async () => {
    const { rig, run, a, b } = await running();
    await rig.orchestrator.close({ mode: 'detach' });
    expect([a.stops, b.stops]).toEqual([[], []]);
    await expect(run.result).rejects.toEqual(unfinished);
    a.succeed('nobody hears it');
    await rig.restart();
    await rig.orchestrator.resume('r');
    expect((await rig.runner.started('a')).adopted).toBe(true);
    expect(await rig.story()).toEqual(['started', 'started a 1', 'started b 1', 'resumed']);
  });

  it('lets go of timeouts when it detaches', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: { timeout: '10m' } }));
    const a = await rig.runner.started('a');
    await rig.orchestrator.close({ mode: 'detach' });
    expect(rig.clock.awaited).toEqual([]);
    expect(a.stops).toEqual([]);
    await expect(run.result).rejects.toEqual(unfinished);
  });

  it('does not start what was about to start', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: {}, b: { needs: ['a'] } }));
    const a = await rig.runner.started('a');
    const syncs = rig.holdSyncs();
    a.succeed();
    await syncs.asked(); // with the start of b
    const closing = rig.orchestrator.close({ mode: 'stop' });
    syncs.open();
    await closing;
    expect(rig.runner.order).toEqual(['a']);
    expect((await rig.story()).slice(2)).toEqual([
      'succeeded a',
      'started b 1',
      'interrupted b retry',
    ]);
  });

  it('refuses everything afterwards', async () => {
    const rig = await EngineRig.open();
    rig.runner.onStart = (attempt) => attempt.succeed();
    await (await rig.start(sketch({ a: {} }))).result;
    await rig.orchestrator.close();
    await rig.orchestrator.close({ mode: 'cancel' });
    expect(rig.runner.closed).toBe(1);
    const { orchestrator } = rig;
    const refused = [
      rig.start(sketch({})),
      orchestrator.resume('r'),
      orchestrator.resumeAll(),
      orchestrator.cancel('r'),
      orchestrator.decide('r', 'a', 'rerun'),
    ];
    for (const call of refused)
      await expect(call).rejects.toMatchObject({
        name: 'OrchestratorClosedError',
        code: 'NUFLOW_CLOSED',
      });
  });

  it('refuses a start that is still being checked, and waits for one that is being accepted', async () => {
    const rig = await EngineRig.open();
    let valid: (result: { value: number }) => void = () => {};
    const slow = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () =>
          new Promise<{ value: number }>((resolve) => {
            valid = resolve;
          }),
      },
    } as const;
    const checked = defineWorkflow('w', { input: slow, tasks: () => ({}) });
    const starting = rig.orchestrator.start(checked, { id: 'late', input: 1 });
    const syncs = rig.holdSyncs();
    const accepting = rig.start(sketch({ a: {} }));
    await syncs.asked();
    const closing = rig.orchestrator.close({ mode: 'detach' });
    await quiet();
    syncs.open();
    await closing;
    valid({ value: 1 });
    await expect(starting).rejects.toMatchObject({ code: 'NUFLOW_CLOSED' });
    await expect((await accepting).result).rejects.toEqual(unfinished);
    await rig.restart();
    expect((await rig.orchestrator.list()).map(({ id }) => id)).toEqual(['r']);
  });

  it('frees the data directory, which only one orchestrator has open', async () => {
    const rig = await EngineRig.open();
    const { dataDir } = rig;
    await expect(Orchestrator.open({ dataDir })).rejects.toMatchObject({
      name: 'DataDirLockedError',
      code: 'NUFLOW_DATA_DIR_LOCKED',
      pid: process.pid,
    });
    await rig.orchestrator.close();
    await (await Orchestrator.open({ dataDir })).close();
  });

  it('is what `await using` does, draining', async () => {
    const rig = await EngineRig.open();
    await rig.orchestrator.close();
    let result: Promise<unknown> = Promise.resolve();
    {
      await using orchestrator = await Orchestrator.open({
        dataDir: rig.dataDir,
        runners: { test: rig.runner },
      });
      const run = await orchestrator.start(sketch({ a: {} }), { id: 'r' });
      const a = await rig.runner.started('a');
      setImmediate(() => a.succeed('done'));
      result = run.result;
    }
    expect(await result).toMatchObject({ status: 'succeeded', outputs: { a: 'done' } });
  });
});

describe('an open that fails half-way', () => {
  it('leaves the data directory to others', async () => {
    const rig = await EngineRig.open();
    await rig.orchestrator.close();
    const { dataDir } = rig;
    const unreadable = {
      ...systemPlatform.fileSystem,
      list: () => Promise.reject(new Error('EIO')),
    };
    const platform = { ...systemPlatform, fileSystem: unreadable };
    await expect(Orchestrator.open({ dataDir, platform })).rejects.toThrow('EIO');
    await (await Orchestrator.open({ dataDir })).close();
  });
});

describe('options that are out of range', () => {
  it.each([
    [{ concurrency: 0 }, 'concurrency'],
    [{ concurrency: 10_001 }, 'concurrency'],
    [{ concurrency: 1.5 }, 'concurrency'],
    [{ pools: { cloud: { concurrency: 0 } } }, 'pools.cloud.concurrency'],
    [
      { pools: { cloud: { concurrency: 1, rate: { count: 0, intervalMs: 1 } } } },
      'pools.cloud.rate.count',
    ],
  ])('are refused: %j', async (options, option) => {
    await expect(
      Orchestrator.open({ dataDir: '/nowhere/at/all', ...options }),
    ).rejects.toMatchObject({
      name: 'InvalidOptionError',
      code: 'NUFLOW_INVALID_OPTION',
      details: { option },
    });
  });

  it('are refused: a grace that is no duration', async () => {
    await expect(Orchestrator.open({ grace: 'soon' as never })).rejects.toThrow(/^grace: "soon"/);
  });
});
