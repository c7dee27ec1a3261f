import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../src/errors.js';
import type { Claim } from '../../src/queue/executor.js';
import { PQueueExecutor } from '../../src/queue/p-queue-executor.js';
import { ControlledClock } from '../support/controlled-clock.js';
import { executorContract } from '../support/executor-contract.js';

executorContract(
  'PQueueExecutor',
  (concurrency, pools) => new PQueueExecutor({ concurrency, pools }),
);

/** An executor with a pool of `count` starts in 100 ms, and claims that note when they begin, ms. */
function rated(count: number) {
  const clock = new SteadyClock();
  const rate = { count, intervalMs: 100 };
  const pools = { cloud: { concurrency: 9, rate } };
  const executor = new PQueueExecutor({ concurrency: 1, pools, clock });
  const starts: number[] = [];
  const at = (): number => clock.monotonic();
  const claim = (): Claim =>
    executor.claim(async (slot) => {
      slot.begins();
      starts.push(at());
    }, 'cloud');
  return { executor, starts, claim, clock, at };
}

/** Its wall clock can be set; its monotonic one and its timers do not notice. */
class SteadyClock extends ControlledClock {
  readonly #begin = super.now();
  #wall: number | undefined;

  override now(): number {
    return this.#wall ?? super.now();
  }

  override monotonic(): number {
    return super.now() - this.#begin;
  }

  set(instant: string): void {
    this.#wall = Date.parse(instant);
  }
}

/** Moves on step by step, so that what is caused by one timer can set the next. */
async function pass(clock: ControlledClock, ms: number): Promise<void> {
  for (let n = 0; n < ms; n++) {
    await quiet();
    clock.move(1);
  }
  await quiet();
}

const quiet = async (): Promise<void> => {
  for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(resolve));
};

describe('PQueueExecutor', () => {
  it('starts no more than the rate allows in any interval, wherever the interval begins', async () => {
    const { starts, claim, clock } = rated(2);
    const again = claim();
    again.want(1);
    await pass(clock, 60);
    again.want(5);
    await pass(clock, 1_000);
    expect(starts).toEqual([0, 60, 100, 160, 200, 260]);
  });

  it('counts what begins, not what is given a slot and does not begin', async () => {
    const { executor, starts, claim, clock } = rated(2);
    executor.claim(async () => {}, 'cloud').want(20);
    for (let n = 0; n < 5; n++) executor.submit(async () => {}, 'cloud');
    await quiet();
    claim().want(3);
    await pass(clock, 200);
    expect(starts).toEqual([0, 0, 100]);
  });

  it('never lets more begin than the rate allows, however many have a slot before they begin', async () => {
    const { executor, clock, starts, at } = rated(2);
    const begin: (() => void)[] = [];
    executor
      .claim(async (slot) => {
        await new Promise<void>((resolve) => begin.push(resolve));
        slot.begins();
        starts.push(at());
      }, 'cloud')
      .want(5);
    await quiet();
    expect(begin).toHaveLength(2);
    await pass(clock, 500);
    expect(begin).toHaveLength(2);
    for (const go of begin) go();
    await pass(clock, 99);
    expect(begin).toHaveLength(2);
    await pass(clock, 1);
    expect([begin.length, starts]).toEqual([4, [500, 500]]);
  });

  it('measures rates by a clock that does not jump', async () => {
    const { starts, claim, clock } = rated(1);
    claim().want(3);
    await quiet();
    clock.set('1999-01-01T00:00:00.000Z');
    await pass(clock, 100);
    clock.set('2199-01-01T00:00:00.000Z');
    await pass(clock, 100);
    expect(starts).toEqual([0, 100, 200]);
  });

  it('counts starts that happened before this process came', async () => {
    const { executor, starts, claim, clock } = rated(2);
    executor.remember('cloud', [30, 500, 70]);
    executor.remember('unknown', [1]);
    claim().want(3);
    await pass(clock, 300);
    expect(starts).toEqual([30, 70, 130]);
  });

  it('waits with no timer once nobody wants a start', async () => {
    const { claim, clock } = rated(1);
    const waiting = claim();
    waiting.want(2);
    await quiet();
    expect(clock.awaited).toEqual([100]);
    waiting.want(0);
    expect(clock.awaited).toEqual([]);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a limit of %d and names the option',
    (value) => {
      const rate = { count: 1, intervalMs: 1 };
      const make = (pool: object) => () =>
        new PQueueExecutor({
          concurrency: 1,
          pools: { cloud: { concurrency: 1, ...pool } },
        });
      const cases: [() => unknown, string][] = [
        [() => new PQueueExecutor({ concurrency: value }), 'Option concurrency '],
        [make({ concurrency: value }), 'Option pools.cloud.concurrency '],
        [make({ rate: { ...rate, count: value } }), 'Option pools.cloud.rate.count '],
        [make({ rate: { ...rate, intervalMs: value } }), 'Option pools.cloud.rate.intervalMs '],
      ];
      for (const [construct, message] of cases) {
        expect(construct).toThrow(InvalidOptionError);
        expect(construct).toThrow(message);
      }
    },
  );

  it('refuses an interval that a timer can not wait for', () => {
    const pools = { cloud: { concurrency: 1, rate: { count: 1, intervalMs: 2 ** 31 } } };
    expect(() => new PQueueExecutor({ concurrency: 1, pools })).toThrow('from 1 to 2147483647');
  });

  it('takes any name for a pool', () => {
    const pools = JSON.parse('{"__proto__":{"concurrency":2},"constructor":{"concurrency":3}}');
    const executor = new PQueueExecutor({ concurrency: 1, pools });
    expect([executor.limit('__proto__'), executor.limit('constructor')]).toEqual([2, 3]);
  });
});
