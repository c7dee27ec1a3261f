import { describe, expect, it } from 'vitest';
import type { TriggerRule } from '../../src/index.js';
import { EngineRig, eventOf, quiet, sketch, statuses } from '../support/engine-rig.js';

/** One that fails, one that runs beside it, one that waits for a slot, and one that waits for the failing one. */
const TASKS = {
  bad: {},
  beside: {},
  after: { needs: ['bad'] },
  independent: { needs: ['beside'] },
};

describe('when a task has failed for good', () => {
  it('what does not depend on it goes on, by default', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch(TASKS));
    (await rig.runner.started('bad')).fail();
    (await rig.runner.started('beside')).succeed();
    (await rig.runner.started('independent')).succeed();
    expect((await run.result).status).toBe('failed');
    expect(statuses(run)).toEqual({
      bad: 'failed',
      beside: 'succeeded',
      after: 'upstreamFailed',
      independent: 'succeeded',
    });
    expect(run.snapshot().tasks[2]).toMatchObject({
      reason: { by: 'trigger', rule: 'all_success', dependency: 'bad' },
    });
  });

  it('finish: starts nothing more, and lets what runs end', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(
      sketch({ ...TASKS, always: { needs: ['bad'], trigger: 'always' } }, { onFailure: 'finish' }),
    );
    const beside = await rig.runner.started('beside');
    await rig.runner.started('always');
    (await rig.runner.started('bad')).fail();
    await eventOf(run, 'task.skipped', 'independent');
    expect(beside.stops).toEqual([]);
    beside.succeed('kept');
    (await rig.runner.started('always')).succeed();
    expect((await run.result).status).toBe('failed');
    expect(statuses(run)).toEqual({
      bad: 'failed',
      beside: 'succeeded',
      after: 'skipped',
      independent: 'skipped',
      always: 'succeeded',
    });
    expect(run.snapshot().tasks[2]).toMatchObject({ reason: { by: 'onFailure', failed: 'bad' } });
  });

  it('finish: does not retry what fails meanwhile, and writes off what waits for a retry', async () => {
    const rig = await EngineRig.open();
    const retry = { maximumAttempts: 0 };
    const run = await rig.start(
      sketch({ bad: {}, waits: { retry }, runs: { retry } }, { onFailure: 'finish' }),
    );
    (await rig.runner.started('waits')).fail('E_WAITS');
    await eventOf(run, 'task.retryScheduled', 'waits');
    (await rig.runner.started('bad')).fail('E_BAD');
    await eventOf(run, 'task.failed', 'bad');
    (await rig.runner.started('runs')).fail('E_RUNS');
    const { failures } = await run.result;
    expect(failures.map(({ task, error }) => [task, error.code])).toEqual([
      ['bad', 'E_BAD'],
      ['waits', 'E_WAITS'],
      ['runs', 'E_RUNS'],
    ]);
  });

  it('terminate: stops what runs as well', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch(TASKS, { onFailure: 'terminate' }));
    const beside = await rig.runner.started('beside');
    (await rig.runner.started('bad')).fail();
    await beside.stopped('interrupt');
    await rig.clock.pass(5_000);
    expect((await run.result).status).toBe('failed');
    expect(beside.stops).toEqual(['interrupt', 'kill']);
    expect(statuses(run)).toEqual({
      bad: 'failed',
      beside: 'cancelled',
      after: 'skipped',
      independent: 'skipped',
    });
    expect(run.snapshot().tasks[1]).toMatchObject({ reason: 'terminate' });
  });

  it('terminate: stops what a restart takes over', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ bad: {}, beside: {} }, { onFailure: 'terminate' }));
    (await rig.runner.started('bad')).fail();
    await eventOf(run, 'task.failed');
    await rig.restart();
    const resumed = await rig.orchestrator.resume('r');
    const beside = await rig.runner.started('beside');
    await beside.stopped('interrupt');
    beside.interrupted();
    expect((await resumed.result).status).toBe('failed');
    expect(statuses(resumed)).toEqual({ bad: 'failed', beside: 'cancelled' });
  });

  it('is overridden at the start', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch(TASKS, { onFailure: 'terminate' }), {
      onFailure: 'continue',
    });
    (await rig.runner.started('bad')).fail();
    (await rig.runner.started('beside')).succeed();
    (await rig.runner.started('independent')).succeed();
    expect((await run.result).status).toBe('failed');
  });

  it('starts nothing that was about to start', async () => {
    const rig = await EngineRig.open({ concurrency: 2 });
    const run = await rig.start(
      sketch({ bad: {}, good: {}, next: { needs: ['good'] } }, { onFailure: 'finish' }),
    );
    const [bad, good] = await rig.runner.atWork(2);
    const syncs = rig.holdSyncs();
    good?.succeed();
    await syncs.asked(); // with the start of next
    bad?.fail();
    await quiet();
    syncs.open();
    expect((await run.result).status).toBe('failed');
    expect(rig.runner.of('next')).toEqual([]);
    expect(statuses(run)).toMatchObject({ next: 'skipped' });
  });
});

describe('trigger rules', () => {
  it.each<[rule: TriggerRule, a: string, b: string, becomes: string]>([
    ['all_success', 'succeeds', 'succeeds', 'runs'],
    ['all_success', 'succeeds', 'fails', 'upstreamFailed'],
    ['all_failed', 'fails', 'fails', 'runs'],
    ['all_failed', 'fails', 'succeeds', 'skipped'],
    ['all_done', 'fails', 'succeeds', 'runs'],
    ['one_failed', 'succeeds', 'fails', 'runs'],
    ['one_failed', 'succeeds', 'succeeds', 'skipped'],
    ['one_success', 'fails', 'succeeds', 'runs'],
    ['one_success', 'fails', 'fails', 'upstreamFailed'],
    ['one_done', 'fails', 'fails', 'runs'],
    ['none_failed', 'succeeds', 'fails', 'upstreamFailed'],
    ['none_skipped', 'fails', 'succeeds', 'runs'],
    ['all_skipped', 'succeeds', 'succeeds', 'skipped'],
    ['always', 'fails', 'fails', 'runs'],
  ])('%s: when one %s and the other %s, it is %s', async (trigger, a, b, becomes) => {
    const rig = await EngineRig.open();
    const run = await rig.start(
      sketch({
        a: {},
        b: {},
        c: { needs: ['a', 'b'], trigger },
        d: { needs: ['c'], trigger: 'all_done' },
      }),
    );
    for (const [task, how] of [
      ['a', a],
      ['b', b],
    ] as const) {
      const attempt = await rig.runner.started(task);
      if (how === 'fails') attempt.fail();
      else attempt.succeed();
    }
    if (becomes === 'runs') (await rig.runner.started('c')).succeed();
    (await rig.runner.started('d')).succeed();
    await run.result;
    expect(statuses(run)).toMatchObject({
      c: becomes === 'runs' ? 'succeeded' : becomes,
      d: 'succeeded',
    });
  });

  it('let a task start while others it needs still run', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(
      sketch({
        fast: {},
        slow: {},
        c: {
          needs: ['fast', 'slow'],
          trigger: 'one_success',
          with: { fast: { $output: 'fast' }, slow: { $output: 'slow', $default: 'not yet' } },
        },
      }),
    );
    (await rig.runner.started('fast')).succeed(1);
    const c = await rig.runner.started('c');
    expect(c.given.with).toEqual({ fast: 1, slow: 'not yet' });
    c.succeed();
    await eventOf(run, 'task.succeeded', 'c');
    (await rig.runner.started('slow')).succeed();
    expect((await run.result).status).toBe('succeeded');
  });

  it('fail a task that refers to an output that is not there', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(
      sketch({
        a: {},
        b: { needs: ['a'], trigger: 'all_done', with: { id: { $output: 'a.id' } } },
      }),
    );
    (await rig.runner.started('a')).fail();
    expect((await run.result).failures).toMatchObject([
      { task: 'a' },
      {
        task: 'b',
        error: {
          code: 'NUFLOW_MISSING_REFERENCE',
          message: expect.stringContaining('{"$output":"a.id"}'),
        },
      },
    ]);
  });
});
