import { describe, expect, it } from 'vitest';
import { retryPolicy } from '../../src/definition/options.js';
import { backoffMs } from '../../src/engine/attempt/retry.js';
import type { RetryOptions } from '../../src/index.js';
import { EngineRig, eventOf, sketch, statuses } from '../support/engine-rig.js';

/** Starts a task with this retry policy; `fail` fails its next attempt and gives the delay until the one after, if there is one. */
async function retrying(retry: RetryOptions) {
  const rig = await EngineRig.open();
  const run = await rig.start(sketch({ a: { retry } }));
  let attempts = 0;
  const fail = async (code?: string): Promise<number> => {
    const attempt = await rig.runner.started('a', ++attempts);
    expect(attempt.attempt).toBe(attempts);
    const failedAt = rig.clock.now();
    attempt.fail(code);
    for await (const event of run.events()) {
      if (event.type === 'task.failed') return -1;
      if (event.type !== 'task.retryScheduled' || event.attempt !== attempts) continue;
      await rig.clock.reach(event.retryAt);
      return Date.parse(event.retryAt) - failedAt;
    }
    throw new Error('the run ended');
  };
  return { rig, run, fail };
}

describe('retrying a task', () => {
  it('is not done unless asked for', async () => {
    const { rig, run, fail } = await retrying({});
    expect(await fail()).toBe(-1);
    expect((await run.result).failures).toEqual([
      { task: 'a', error: { code: 'E_TEST', message: 'no' } },
    ]);
    expect(rig.runner.attempts).toHaveLength(1);
  });

  it('waits a second, then twice as long each time, by default; and gives the last error', async () => {
    const { run, fail } = await retrying({ maximumAttempts: 4 });
    expect([await fail(), await fail(), await fail(), await fail('LAST')]).toEqual([
      1_000, 2_000, 4_000, -1,
    ]);
    expect((await run.result).failures).toMatchObject([{ error: { code: 'LAST' } }]);
    expect(run.snapshot().tasks[0]).toMatchObject({ status: 'failed', attempts: 4 });
  });

  it('waits by initialInterval, backoffCoefficient and maximumInterval', async () => {
    const { fail } = await retrying({
      initialInterval: '2s',
      backoffCoefficient: 3,
      maximumInterval: '10s',
      maximumAttempts: 5,
    });
    expect([await fail(), await fail(), await fail(), await fail()]).toEqual([
      2_000, 6_000, 10_000, 10_000,
    ]);
  });

  it('waits at most a hundred times the first delay by default', async () => {
    const { fail } = await retrying({
      initialInterval: '1s',
      backoffCoefficient: 1_000,
      maximumAttempts: 3,
    });
    expect([await fail(), await fail()]).toEqual([1_000, 100_000]);
  });

  it('shortens each delay by chance, up to the share that is jitter', async () => {
    const { rig, fail } = await retrying({
      jitter: 0.5,
      backoffCoefficient: 1,
      maximumAttempts: 5,
    });
    const delays = [];
    for (const chance of [0, 0.5, 0.99]) {
      rig.chance = chance;
      delays.push(await fail());
    }
    expect(delays).toEqual([1_000, 750, 505]);
  });

  it('goes on for ever with maximumAttempts 0', async () => {
    const { rig, run, fail } = await retrying({ maximumAttempts: 0, maximumInterval: '1s' });
    for (let n = 0; n < 20; n++) expect(await fail()).toBe(1_000);
    (await rig.runner.started('a', 21)).succeed('at last');
    expect((await run.result).outputs).toEqual({ a: 'at last' });
  });

  it('retries at once, however often, without a delay', async () => {
    const rig = await EngineRig.open();
    rig.runner.onStart = (attempt) => (attempt.attempt > 50 ? attempt.succeed() : attempt.fail());
    const run = await rig.start(
      sketch({ a: { retry: { initialInterval: 0, maximumAttempts: 0 } } }),
    );
    expect((await run.result).status).toBe('succeeded');
    expect(rig.runner.attempts).toHaveLength(51);
  });

  it('has a delay however many failures there were', () => {
    const policy = retryPolicy({ initialInterval: 0, maximumAttempts: 0 }, 'retry');
    expect(backoffMs(policy, 5_000, 0)).toBe(0);
    expect(backoffMs({ ...policy, initialIntervalMs: 1, maximumIntervalMs: 60 }, 5_000, 0)).toBe(
      60,
    );
  });

  it('ends with an error that is not worth another attempt', async () => {
    const { run, fail } = await retrying({
      maximumAttempts: 0,
      nonRetryableErrors: ['FORBIDDEN', 'GONE'],
    });
    expect(await fail('BUSY')).toBe(1_000);
    expect(await fail('GONE')).toBe(-1);
    expect((await run.result).status).toBe('failed');
  });

  it('holds no slot while it waits, and starts the dependents once', async () => {
    const rig = await EngineRig.open({ concurrency: 1 });
    const run = await rig.start(
      sketch({ a: { retry: { maximumAttempts: 2 } }, b: {}, c: { needs: ['a'] } }),
    );
    (await rig.runner.started('a')).fail();
    (await rig.runner.started('b')).succeed();
    await eventOf(run, 'task.succeeded', 'b');
    expect(statuses(run)).toEqual({ a: 'retrying', b: 'succeeded', c: 'pending' });
    expect(run.snapshot().tasks[0]).toMatchObject({
      attempts: 1,
      retryAt: expect.any(String),
      error: { code: 'E_TEST' },
    });
    await rig.clock.pass(1_000);
    (await rig.runner.started('a', 2)).succeed();
    (await rig.runner.started('c')).succeed();
    expect((await run.result).status).toBe('succeeded');
    expect(rig.runner.order).toEqual(['a', 'b', 'a', 'c']);
  });

  it('waits for its time over a restart, and not again', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(
      sketch({ a: { retry: { initialInterval: '1h', maximumAttempts: 2 } } }),
    );
    (await rig.runner.started('a')).fail();
    const { retryAt } = await eventOf(run, 'task.retryScheduled');
    rig.clock.move(1_200_000);
    await rig.restart();
    await rig.orchestrator.resume('r');
    expect(rig.runner.attempts).toEqual([]);
    await rig.clock.reach(retryAt);
    expect((await rig.runner.started('a')).attempt).toBe(2);
  });

  it('waits no longer than its delay when the clock was set back while nobody was there', async () => {
    const rig = await EngineRig.open();
    rig.clock.setWallClock(864_000_000);
    const run = await rig.start(
      sketch({ a: { retry: { initialInterval: '1m', maximumAttempts: 2 } } }),
    );
    (await rig.runner.started('a')).fail();
    await eventOf(run, 'task.retryScheduled');
    await rig.orchestrator.close({ mode: 'detach' });
    rig.clock.setWallClock(-864_000_000);
    await rig.restart();
    await rig.orchestrator.resume('r');
    await rig.clock.pass(60_000);
    expect((await rig.runner.started('a')).attempt).toBe(2);
  });

  it('starts soon when the clock passes its time in a leap, as after the machine was suspended', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(
      sketch({ a: { retry: { initialInterval: '1h', maximumAttempts: 2 } } }),
    );
    (await rig.runner.started('a')).fail();
    await eventOf(run, 'task.retryScheduled');
    rig.clock.setWallClock(3_600_000);
    await rig.clock.pass(10_000);
    expect((await rig.runner.started('a', 2)).attempt).toBe(2);
  });

  it('starts at once when its time came while nobody was there', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(
      sketch({ a: { retry: { initialInterval: '1h', maximumAttempts: 2 } } }),
    );
    (await rig.runner.started('a')).fail();
    await eventOf(run, 'task.retryScheduled');
    await rig.orchestrator.close({ mode: 'detach' });
    rig.clock.move(7_200_000);
    await rig.restart();
    await rig.orchestrator.resume('r');
    expect((await rig.runner.started('a')).attempt).toBe(2);
  });

  it('gives every attempt the same key and its own number, cookie and folder', async () => {
    const { rig, fail } = await retrying({ maximumAttempts: 2 });
    await fail();
    const first = (await rig.runner.started('a')).given;
    const second = (await rig.runner.started('a', 2)).given;
    expect(second.key).toBe(first.key);
    expect([first.attempt, second.attempt]).toEqual([1, 2]);
    expect(new Set([first.cookie, second.cookie, first.dir, second.dir]).size).toBe(4);
    expect(first.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(second.traceparent.slice(0, 35)).toBe(first.traceparent.slice(0, 35));
  });
});
