import { describe, expect, it } from 'vitest';
import { defineWorkflow } from '../../src/index.js';
import { systemPlatform } from '../../src/platform/platform.js';
import { EngineRig, eventOf, quiet, type Sketch, sketch, statuses } from '../support/engine-rig.js';

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

describe('slots among runs', () => {
  const independent = (prefix: string, count: number, priority?: number) =>
    sketch(
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, { priority }])),
    );

  it.each([0, 1_000])(
    'go to a new run of priority %d at the next free slot, however many others wait for',
    async (priority) => {
      const rig = await EngineRig.open({ concurrency: 2 });
      for (let n = 0; n < 20; n++)
        await rig.start(independent(`busy${n}-`, 10), { id: `busy${n}` });
      const busy = await rig.runner.atWork(2);
      // Until all have had their first slot, those that came earlier are new as well.
      for (let ended = 0; ended < 20; ended++) {
        const before = rig.runner.attempts.length;
        rig.runner.running[0]?.succeed();
        await rig.runner.atWork(2);
        while (rig.runner.attempts.length === before) await quiet();
      }
      expect(busy).toHaveLength(2);
      await rig.start(independent('new', 1, priority), { id: 'new' });
      rig.runner.running[0]?.succeed();
      await rig.runner.started('new0');
      expect(rig.runner.attempts.at(-1)?.task).toBe('new0');
    },
  );

  it('go to the more important task, of whichever run it is', async () => {
    const rig = await EngineRig.open({ concurrency: 1 });
    await rig.start(independent('plain', 3), { id: 'plain' });
    await rig.runner.started('plain0');
    await rig.start(
      sketch({
        first: { priority: -1 },
        second: { needs: ['first'], priority: 9 },
        low: { priority: -2 },
      }),
      { id: 'other' },
    );
    for (let n = 0; n < 6; n++) (await rig.runner.atWork(1))[0]?.succeed();
    await Promise.all(['plain', 'other'].map((id) => rig.orchestrator.get(id)?.result));
    expect(rig.runner.order).toEqual(['plain0', 'plain1', 'plain2', 'first', 'second', 'low']);
  });

  it('are shared by turns among runs of equal importance', async () => {
    const rig = await EngineRig.open({ concurrency: 1 });
    await rig.start(independent('a', 4), { id: 'a' });
    await rig.runner.started('a0');
    await rig.start(independent('b', 2), { id: 'b' });
    for (let n = 0; n < 6; n++) (await rig.runner.atWork(1))[0]?.succeed();
    await Promise.all(['a', 'b'].map((id) => rig.orchestrator.get(id)?.result));
    expect(rig.runner.order).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'a3']);
  });

  it('are not kept for a run that was cancelled while it waited', async () => {
    const rig = await EngineRig.open({ concurrency: 1 });
    await rig.start(independent('a', 3), { id: 'a' });
    await rig.runner.started('a0');
    const cancelled = await rig.start(independent('b', 9, 5), { id: 'b' });
    await cancelled.cancel();
    for (let n = 0; n < 3; n++) (await rig.runner.atWork(1))[0]?.succeed();
    await rig.orchestrator.get('a')?.result;
    expect(rig.runner.order).toEqual(['a0', 'a1', 'a2']);
  });
});

describe('tasks that are shorter than a sync', () => {
  /** Many tasks that do nothing, then what `more` adds. */
  const quick = (count: number, run: (context: { attempt: number }) => unknown) =>
    defineWorkflow('quick', {
      version: '1',
      tasks: (t) => {
        for (let n = 0; n < count; n++)
          t.fn(`t${n}`, { run: (context) => void run(context as { attempt: number }) });
        return {};
      },
    });

  it('are each attempted once, with no more of them running than there are slots', async () => {
    const rig = await EngineRig.open({ concurrency: 10, platform: systemPlatform });
    const attempts = new Set<number>();
    let calls = 0;
    let most = 0;
    const run = await rig.start(
      quick(3_000, ({ attempt }) => {
        attempts.add(attempt);
        calls++;
      }),
    );
    run.on('task.succeeded', ({ seq }) => {
      if (seq % 50 === 0) most = Math.max(most, run.progress().running);
    });
    await run.result;
    expect([calls, [...attempts]]).toEqual([3_000, [1]]);
    expect(most).toBeLessThanOrEqual(10);
    expect(run.snapshot().tasks.every((task) => task.attempts === 1)).toBe(true);
  });

  it('never go before a more important one that has just become ready', async () => {
    const rig = await EngineRig.open({ concurrency: 1, platform: systemPlatform });
    const order: string[] = [];
    const workflow = defineWorkflow('w', {
      version: '1',
      tasks: (t) => {
        for (let n = 0; n < 500; n++) {
          const first = t.fn(`first${n}`, { run: () => void order.push(`first${n}`) });
          const run = (): void => void order.push(`urgent${n}`);
          if (n % 10 === 0) t.fn(`urgent${n}`, { needs: [first], priority: 9, run });
        }
        return {};
      },
    });
    await (await rig.start(workflow)).result;
    const urgent = order.filter((id) => id.startsWith('urgent'));
    const before = urgent.map((id) => order[order.indexOf(id) - 1]);
    expect(before).toEqual(urgent.map((id) => id.replace('urgent', 'first')));
    expect(urgent).toHaveLength(50);
  });

  it('count as no attempts when the run is cancelled before their turn comes', async () => {
    const rig = await EngineRig.open({ concurrency: 2, platform: systemPlatform });
    let calls = 0;
    const ran = new Set<string>();
    const workflow = defineWorkflow('w', {
      version: '1',
      tasks: (t) => {
        for (let n = 0; n < 2_000; n++)
          t.fn(`t${n}`, {
            run: () => {
              ran.add(`t${n}`);
              return ++calls < 1_000 ? undefined : new Promise(() => {});
            },
          });
        return {};
      },
    });
    const run = await rig.start(workflow);
    while (calls < 1_001) await quiet();
    await run.cancel();
    await run.ended;
    for (const { id, attempts } of run.snapshot().tasks)
      expect([id, attempts]).toEqual([id, ran.has(id) ? 1 : 0]);
    expect(statuses(run)).toMatchObject({ t0: 'succeeded', t1999: 'cancelled' });
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
