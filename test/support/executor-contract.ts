import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidDefinitionError } from '../../src/errors.js';
import type { Executor, PoolOptions } from '../../src/queue/executor.js';

/** Makes the executor under test. */
export type MakeExecutor = (
  concurrency: number,
  pools?: Readonly<Record<string, PoolOptions>>,
) => Executor;

/** A job that goes on until it is told to end. */
class Held {
  readonly job = (): Promise<void> => {
    this.#begin();
    return this.#ending;
  };
  readonly #ending: Promise<void>;
  readonly started: Promise<void>;
  isStarted = false;
  end: () => void = () => {};
  fail: (error: Error) => void = () => {};
  #begin: () => void = () => {};

  constructor() {
    this.#ending = new Promise((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
    this.started = new Promise((resolve) => {
      this.#begin = () => {
        this.isStarted = true;
        resolve();
      };
    });
  }
}

/** Of a pool whose starts are counted, too slow to matter. */
const RATE = { count: 1, intervalMs: 60_000 };

/** Long enough for whatever could start without further cause to have started. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What every Executor promises. */
export function executorContract(name: string, make: MakeExecutor): void {
  describe(`${name} as an executor`, () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    beforeEach(() => {
      unhandled.length = 0;
      process.on('unhandledRejection', note);
    });
    afterEach(() => void process.off('unhandledRejection', note));

    const hold = (executor: Executor, count: number, pool?: string): Held[] =>
      Array.from({ length: count }, () => {
        const held = new Held();
        executor.submit(held.job, pool === undefined ? {} : { pool });
        return held;
      });

    it('tells how many slots nothing has or waits for', async () => {
      const executor = make(3);
      expect(executor.free()).toBe(3);
      const [first, ...others] = hold(executor, 2);
      expect(executor.free()).toBe(1);
      const more = hold(executor, 5);
      expect(executor.free()).toBe(0);
      for (const held of [first, ...others, ...more]) held?.end();
      await executor.idle();
      expect(executor.free()).toBe(3);
      const release = executor.hold();
      expect(executor.free()).toBe(0);
      release();
    });

    it('tells its limits, and refuses pools it does not have', () => {
      const executor = make(3, { cloud: { concurrency: 2 } });
      expect([executor.limit(), executor.limit('cloud')]).toEqual([3, 2]);
      for (const pool of ['sky', '', 'constructor', '__proto__']) {
        expect(() => executor.limit(pool)).toThrow(InvalidDefinitionError);
        expect(() => executor.submit(async () => {}, { pool })).toThrow(InvalidDefinitionError);
      }
    });

    it('starts no job before submit has returned', async () => {
      const executor = make(2);
      const [held] = hold(executor, 1);
      expect(held?.isStarted).toBe(false);
      await held?.started;
      held?.end();
    });

    it('runs as many jobs as it has slots, and the next when one is free', async () => {
      const executor = make(2);
      const [first, second, third] = hold(executor, 3) as [Held, Held, Held];
      await Promise.all([first.started, second.started]);
      await settled();
      expect(third.isStarted).toBe(false);
      second.end();
      await third.started;
      for (const held of [first, third]) held.end();
      await executor.idle();
    });

    it.each([1, 3, 10])('is full and never over its limit of %i', async (limit) => {
      const executor = make(limit);
      let running = 0;
      let most = 0;
      for (let n = 0; n < 200; n++) {
        executor.submit(async () => {
          most = Math.max(most, ++running);
          for (let turn = 0; turn <= n % 3; turn++) await settled();
          running--;
          if (n % 7 === 0) throw new Error('a job that fails');
        });
      }
      await executor.idle();
      expect(most).toBe(limit);
    });

    it('starts the highest priority first, and among equals the first that came', async () => {
      const executor = make(1);
      const order: string[] = [];
      const submit = (job: string, priority?: number): void =>
        executor.submit(
          async () => void order.push(job),
          priority === undefined ? {} : { priority },
        );
      const [blocker] = hold(executor, 1);
      await blocker?.started;
      submit('none 1');
      submit('low', -1);
      submit('high 1', 5);
      submit('none 2', 0);
      submit('highest', Number.MAX_SAFE_INTEGER);
      submit('high 2', 5);
      blocker?.end();
      await executor.idle();
      expect(order).toEqual(['highest', 'high 1', 'high 2', 'none 1', 'none 2', 'low']);
    });

    it('lets a job go on in its slot as long as nobody waits for it', async () => {
      const executor = make(1, { cloud: { concurrency: 1 }, slow: { concurrency: 1, rate: RATE } });
      const answers: Record<string, boolean> = {};
      const go = { main: () => false, slow: () => false };
      const ends: (() => void)[] = [];
      const job = (pool: 'main' | 'slow') => (mayGoOn: () => boolean) => {
        go[pool] = mayGoOn;
        return new Promise<void>((resolve) => ends.push(resolve));
      };
      executor.submit(job('main'));
      executor.submit(job('slow'), { pool: 'slow' });
      await settled();
      answers.alone = go.main();
      answers.counted = go.slow();
      const [other] = hold(executor, 1, 'cloud');
      answers.besideAnotherPool = go.main();
      const release = executor.hold();
      answers.onHold = go.main();
      release();
      const [waiting] = hold(executor, 1);
      answers.waitedFor = go.main();
      expect(answers).toEqual({
        alone: true,
        counted: false,
        besideAnotherPool: true,
        onHold: false,
        waitedFor: false,
      });
      for (const end of ends) end();
      for (const held of [other, waiting]) held?.end();
      await executor.idle();
    });

    it('frees the slot of a job that rejects, and lets its error go no further', async () => {
      const executor = make(1);
      const [failing, next] = hold(executor, 2) as [Held, Held];
      await failing.started;
      failing.fail(new Error('rejected'));
      await next.started;
      next.end();
      await executor.idle();
      await settled();
      expect(unhandled).toEqual([]);
    });

    it('frees the slot of a job that throws, and lets its error go no further', async () => {
      const executor = make(1);
      executor.submit(() => {
        throw new Error('thrown');
      });
      const [next] = hold(executor, 1) as [Held];
      await next.started;
      next.end();
      await executor.idle();
      await settled();
      expect(unhandled).toEqual([]);
    });

    it('keeps pools apart: a full one holds up no other', async () => {
      const executor = make(1, { cloud: { concurrency: 1 }, disk: { concurrency: 2 } });
      const [main, mainNext] = hold(executor, 2) as [Held, Held];
      const [cloud, cloudNext] = hold(executor, 2, 'cloud') as [Held, Held];
      const disk = hold(executor, 2, 'disk');
      await Promise.all([main, cloud, ...disk].map((held) => held.started));
      await settled();
      expect([mainNext.isStarted, cloudNext.isStarted]).toEqual([false, false]);
      cloud.end();
      await cloudNext.started;
      expect(mainNext.isStarted).toBe(false);
      for (const held of [main, mainNext, cloudNext, ...disk]) held.end();
      await executor.idle();
    });

    it('starts nothing while it is held, whoever holds it; what runs goes on', async () => {
      const executor = make(2, { cloud: { concurrency: 2 } });
      const [running] = hold(executor, 1) as [Held];
      await running.started;
      const releases = [executor.hold(), executor.hold()];
      const waiting = [...hold(executor, 1), ...hold(executor, 1, 'cloud')];
      running.end();
      releases[0]?.();
      releases[0]?.();
      await settled();
      expect(waiting.map(({ isStarted }) => isStarted)).toEqual([false, false]);
      releases[1]?.();
      await Promise.all(waiting.map(({ started }) => started));
      for (const held of waiting) held.end();
      await executor.idle();
    });

    it('is idle when nothing runs or waits, also after jobs submitted jobs to other pools', async () => {
      const executor = make(1, { cloud: { concurrency: 1 } });
      await executor.idle();
      const done: string[] = [];
      const hop = (left: number, pool?: string): void =>
        executor.submit(
          async () => {
            await settled();
            done.push(`${pool ?? 'main'} ${left}`);
            if (left > 0) hop(left - 1, pool === undefined ? 'cloud' : undefined);
          },
          pool === undefined ? {} : { pool },
        );
      hop(4);
      await executor.idle();
      expect(done).toEqual(['main 4', 'cloud 3', 'main 2', 'cloud 1', 'main 0']);
    });
  });
}
