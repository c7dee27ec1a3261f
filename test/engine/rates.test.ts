import { describe, expect, it } from 'vitest';
import { defineWorkflow } from '../../src/index.js';
import { EngineRig, quiet, sketch } from '../support/engine-rig.js';

/** A pool of one start a minute. */
const POOLS = { cloud: { concurrency: 5, rate: { count: 1, intervalMs: 60_000 } } };

const tasks = (names: readonly string[], priority?: number) =>
  sketch(Object.fromEntries(names.map((name) => [name, { pool: 'cloud', priority }])));

/** Tasks whose code began in this process, in order. */
const begun = ({ runner }: EngineRig): readonly string[] =>
  runner.attempts.filter(({ adopted }) => !adopted).map(({ task }) => task);

describe('the rate of a pool', () => {
  it('is used up by tasks that ran, not by those that were cancelled while they waited', async () => {
    const rig = await EngineRig.open({ pools: POOLS });
    rig.runner.onStart = (attempt) => attempt.succeed();
    const run = await rig.start(tasks(['a', 'b', 'c', 'd']));
    await rig.runner.started('a');
    await quiet();
    await run.cancel();
    const next = await rig.start(tasks(['e']), { id: 'next' });
    await rig.clock.pass(60_000);
    expect((await next.result).status).toBe('succeeded');
    expect(rig.runner.order).toEqual(['a', 'e']);
  });

  it('holds over a restart, for runs that had ended as for those that go on', async () => {
    const rig = await EngineRig.open({
      pools: { cloud: { concurrency: 5, rate: { count: 3, intervalMs: 60_000 } } },
    });
    rig.runner.onStart = (attempt) => attempt.succeed();
    await (await rig.start(tasks(['ended']), { id: 'ended' })).result;
    rig.clock.move(10_000);
    rig.runner.onStart = () => {};
    await rig.start(tasks(['a', 'b']), { id: 'open' });
    await rig.runner.atWork(2);
    rig.clock.move(5_000);
    await rig.restart();
    const { runs } = await rig.orchestrator.resumeAll();
    for (const task of ['a', 'b']) (await rig.runner.started(task)).interrupted();
    await quiet();
    expect([runs.length, begun(rig)]).toEqual([1, []]);
    await rig.clock.pass(45_000);
    await rig.runner.atWork(1);
    expect(begun(rig)).toHaveLength(1);
    await rig.clock.pass(10_000);
    await rig.runner.atWork(2);
    expect([...begun(rig)].sort()).toEqual(['a', 'b']);
    for (const attempt of rig.runner.running) attempt.succeed();
    await Promise.all(runs.map((run) => run.result));
  });

  it('counts no start that is older than its interval, and none of the future for longer than it', async () => {
    const rig = await EngineRig.open({ pools: POOLS });
    rig.runner.onStart = (attempt) => attempt.succeed();
    await (await rig.start(tasks(['old']), { id: 'old' })).result;
    rig.clock.move(60_000);
    await rig.restart();
    const run = await rig.start(tasks(['now']), { id: 'now' });
    await run.result;
    rig.clock.move(-3_600_000);
    await rig.restart();
    const later = await rig.start(tasks(['later']), { id: 'later' });
    await rig.clock.pass(60_000);
    await later.result;
    expect(rig.runner.order).toEqual(['later']);
  });

  it('does not keep an attempt that went on through a restart waiting, nor counts it twice', async () => {
    const rig = await EngineRig.open({ pools: POOLS });
    await rig.start(tasks(['a', 'b']));
    await rig.runner.started('a');
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    const adopted = await rig.runner.started('a');
    await rig.clock.pass(60_000);
    await rig.runner.started('b');
    expect(begun(rig)).toEqual(['b']);
    for (const attempt of rig.runner.running) attempt.succeed();
    expect([adopted.adopted, (await run.result).status]).toEqual([true, 'succeeded']);
  });
});

describe('starts of a rated pool', () => {
  it('are written only for what has a slot, so that each attempt is the first and has one record', async () => {
    const rig = await EngineRig.open({
      pools: { cloud: { concurrency: 10, rate: { count: 10, intervalMs: 20 } } },
      platform: undefined,
    });
    const attempts: number[] = [];
    let most = 0;
    const workflow = defineWorkflow('calls', {
      version: '1',
      tasks: (t) => {
        for (let n = 0; n < 200; n++)
          t.fn(`t${n}`, { pool: 'cloud', run: ({ attempt }) => void attempts.push(attempt) });
        return {};
      },
    });
    const run = await rig.start(workflow);
    run.on('task.started', () => {
      most = Math.max(most, run.progress().running);
    });
    await run.result;
    expect(new Set(attempts)).toEqual(new Set([1]));
    expect(attempts).toHaveLength(200);
    expect(most).toBeLessThanOrEqual(10);
    expect(run.snapshot().seq).toBe(2 + 2 * 200);
  });
});
