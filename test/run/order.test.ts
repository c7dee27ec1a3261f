import { describe, expect, it } from 'vitest';
import { EngineRig, eventOf, quiet, type Sketch, sketch } from '../support/engine-rig.js';

/** Runs a workflow one task at a time; the order in which tasks started. Each takes as long as `ms` says. */
async function orderOf(
  rig: EngineRig,
  tasks: Readonly<Record<string, Sketch>>,
  ms: Readonly<Record<string, number>> = {},
  id = 'r',
): Promise<readonly string[]> {
  const before = rig.runner.attempts.length;
  rig.runner.onStart = (attempt) => {
    rig.clock.move(ms[attempt.task] ?? 1);
    attempt.succeed();
  };
  await (await rig.start(sketch(tasks), { id })).result;
  return rig.runner.order.slice(before);
}

describe('the order in which ready tasks start', () => {
  it('is by priority, then by the longest path to an end, then by definition', async () => {
    const rig = await EngineRig.open({ concurrency: 1 });
    expect(
      await orderOf(rig, {
        plain1: {},
        low: { priority: -1 },
        plain2: {},
        long: {},
        end: { needs: ['middle'] },
        middle: { needs: ['long'] },
        high: { priority: 2 },
      }),
    ).toEqual(['high', 'long', 'middle', 'plain1', 'plain2', 'end', 'low']);
  });

  it('weighs paths by how long tasks took in earlier runs, also of another process', async () => {
    const rig = await EngineRig.open({ concurrency: 1 });
    const tasks = {
      short: {},
      short2: { needs: ['short'] },
      short3: { needs: ['short2'] },
      long: {},
    };
    const ms = { short: 10, short2: 10, short3: 10, long: 1_000 };
    expect(await orderOf(rig, tasks, ms, 'first')).toEqual(['short', 'short2', 'short3', 'long']);
    expect(await orderOf(rig, tasks, ms, 'second')).toEqual(['long', 'short', 'short2', 'short3']);
    await rig.restart();
    expect(await orderOf(rig, tasks, ms, 'third')).toEqual(['long', 'short', 'short2', 'short3']);
  });

  it('counts a task that has not run before like the others on average', async () => {
    const rig = await EngineRig.open({ concurrency: 1 });
    await orderOf(rig, { quick: {}, slow: {} }, { quick: 10, slow: 1_000 }, 'first');
    expect(await orderOf(rig, { quick: {}, unknown: {}, slow: {} }, {}, 'second')).toEqual([
      'slow',
      'unknown',
      'quick',
    ]);
  });

  it('lets runs share the slots, first come first served', async () => {
    const rig = await EngineRig.open({ concurrency: 2 });
    await rig.start(sketch({ a1: {}, a2: {}, a3: {} }), { id: 'a' });
    await rig.runner.atWork(2);
    await rig.start(sketch({ b1: {} }), { id: 'b' });
    await quiet();
    expect(rig.runner.order).toEqual(['a1', 'a2']);
    for (const task of ['a1', 'a2', 'a3', 'b1']) (await rig.runner.started(task)).succeed();
    await Promise.all(['a', 'b'].map((id) => rig.orchestrator.get(id)?.result));
  });
});

describe('limits', () => {
  it.each([1, 3, 10])(
    'never lets more than %d tasks run, and as many as that',
    async (concurrency) => {
      const rig = await EngineRig.open({ concurrency });
      let most = 0;
      rig.runner.onStart = (attempt) => {
        most = Math.max(most, rig.runner.running.length);
        setImmediate(() => setImmediate(() => attempt.succeed()));
      };
      const tasks = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`t${i}`, {}]));
      expect((await (await rig.start(sketch(tasks))).result).status).toBe('succeeded');
      expect(most).toBe(concurrency);
      expect(rig.runner.attempts).toHaveLength(40);
    },
  );

  it('are of each pool alone', async () => {
    const rig = await EngineRig.open({
      concurrency: 1,
      pools: { cloud: { concurrency: 2 }, disk: { concurrency: 1 } },
    });
    const tasks = Object.fromEntries(
      [undefined, 'cloud', 'disk'].flatMap((pool) =>
        [1, 2, 3].map((n) => [`${pool ?? 'own'}${n}`, { pool }]),
      ),
    );
    const run = await rig.start(sketch(tasks));
    await rig.runner.atWork(4);
    await quiet();
    expect([...rig.runner.order].sort()).toEqual(['cloud1', 'cloud2', 'disk1', 'own1']);
    (await rig.runner.started('cloud1')).succeed();
    await rig.runner.started('cloud3');
    expect(rig.runner.order).toHaveLength(5);
    for (const task of Object.keys(tasks)) (await rig.runner.started(task)).succeed();
    expect((await run.result).status).toBe('succeeded');
  });

  it('hold a slot until the attempt has really ended', async () => {
    const rig = await EngineRig.open({ concurrency: 1 });
    const run = await rig.start(sketch({ a: { timeout: '1s' }, b: {} }));
    const a = await rig.runner.started('a');
    await rig.clock.pass(1_000);
    await a.stopped('interrupt');
    await quiet();
    expect(rig.runner.order).toEqual(['a']);
    a.fail();
    (await rig.runner.started('b')).succeed();
    await run.result;
  });

  it('let a chain through, however small they are', async () => {
    const rig = await EngineRig.open({ concurrency: 1 });
    rig.runner.onStart = (attempt) => attempt.succeed();
    const chain = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`t${i}`, { needs: i === 0 ? [] : [`t${i - 1}`] }]),
    );
    const run = await rig.start(sketch(chain));
    await eventOf(run, 'run.finished');
    expect(rig.runner.order).toEqual(Object.keys(chain));
  });
});
