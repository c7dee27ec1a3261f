import { afterEach, describe, expect, it, vi } from 'vitest';
import { InvalidOptionError } from '../../src/errors.js';
import { PQueueExecutor } from '../../src/queue/p-queue-executor.js';
import { executorContract } from '../support/executor-contract.js';

executorContract(
  'PQueueExecutor',
  (concurrency, pools) => new PQueueExecutor({ concurrency, pools }),
);

describe('PQueueExecutor', () => {
  afterEach(() => void vi.useRealTimers());

  it('starts no more than the rate allows in any interval, wherever the interval begins', async () => {
    vi.useFakeTimers();
    const rate = { count: 2, intervalMs: 100 };
    const executor = new PQueueExecutor({
      concurrency: 1,
      pools: { cloud: { concurrency: 9, rate } },
    });
    const starts: number[] = [];
    const beganAt = Date.now();
    const submit = (): void =>
      executor.submit(async () => void starts.push(Date.now() - beganAt), { pool: 'cloud' });
    submit();
    await vi.advanceTimersByTimeAsync(60);
    for (let n = 0; n < 5; n++) submit();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(starts).toEqual([0, 60, 100, 160, 200, 260]);
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
