import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidDefinitionError } from '../../src/errors.js';
import type { Executor, PoolOptions, Slot } from '../../src/queue/executor.js';

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
        executor.submit(held.job, pool);
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
        expect(() => executor.submit(async () => {}, pool)).toThrow(InvalidDefinitionError);
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

    it('gives the slots of a claim out as it wants them, and takes back what it wants no more', async () => {
      const executor = make(2);
      let running = 0;
      const ends: (() => void)[] = [];
      const claim = executor.claim(() => {
        running++;
        return new Promise<void>((resolve) => ends.push(resolve));
      });
      claim.want(1);
      await settled();
      expect(running).toBe(1);
      claim.want(5);
      await settled();
      expect(running).toBe(2);
      claim.want(0);
      for (const end of ends) end();
      await executor.idle();
      expect([running, executor.free()]).toEqual([2, 2]);
    });

    it('gives a slot to the highest priority first, as it is when the slot is free, and to submitted jobs before', async () => {
      const executor = make(1);
      const order: string[] = [];
      const claim = (name: string, priority?: number) => {
        const made = executor.claim(async () => void order.push(name));
        made.want(1, priority);
        return made;
      };
      const [blocker] = hold(executor, 1);
      await blocker?.started;
      claim('none');
      claim('low', -1);
      const raised = claim('raised');
      claim('high', 5);
      const lowered = claim('lowered', 7);
      executor.submit(async () => void order.push('submitted'));
      raised.want(1, 9);
      lowered.want(1, -2);
      blocker?.end();
      await executor.idle();
      expect(order).toEqual(['submitted', 'raised', 'high', 'none', 'low', 'lowered']);
    });

    it('lets claims of equal priority take turns, however many slots each wants', async () => {
      const executor = make(1);
      const order: string[] = [];
      const [blocker] = hold(executor, 1);
      await blocker?.started;
      for (const name of ['a', 'b', 'c'])
        executor.claim(async () => void order.push(name)).want(name === 'c' ? 1 : 3);
      blocker?.end();
      await executor.idle();
      expect(order).toEqual(['a', 'b', 'c', 'a', 'b', 'a', 'b']);
    });

    it('gives the next slot to a claim that never had one, but not every slot when there are always new ones', async () => {
      const executor = make(1);
      const order: string[] = [];
      let newcomers = 0;
      const enter = (): void => {
        executor
          .claim(async () => {
            order.push('new');
            if (++newcomers < 30) enter();
          })
          .want(1);
      };
      const old = executor.claim(async () => {
        order.push('old');
        if (order.length === 1) enter();
      });
      old.want(4);
      await executor.idle();
      expect(order.slice(0, 3)).toEqual(['old', 'new', 'new']);
      const places = order.flatMap((name, place) => (name === 'old' ? [place] : []));
      expect(places).toEqual([0, 10, 21, 32]);
    });

    it('lets a slot be used again as long as nobody else waits for it', async () => {
      const executor = make(1, { cloud: { concurrency: 1 }, slow: { concurrency: 1, rate: RATE } });
      const answers: Record<string, boolean> = {};
      const slots: Record<string, Slot> = {};
      const ends: (() => void)[] = [];
      const claim = (name: 'main' | 'slow') =>
        executor.claim(
          (slot) => {
            slots[name] = slot;
            return new Promise<void>((resolve) => ends.push(resolve));
          },
          name === 'main' ? undefined : name,
        );
      const main = claim('main');
      main.want(1);
      claim('slow').want(1);
      await settled();
      const ask = (answer: string, name: 'main' | 'slow' = 'main'): void => {
        answers[answer] = slots[name]?.canReuse() ?? false;
      };
      ask('alone');
      ask('counted', 'slow');
      const [other] = hold(executor, 1, 'cloud');
      ask('besideAnotherPool');
      const release = executor.hold();
      ask('onHold');
      release();
      main.want(1);
      ask('wantedByItself');
      const second = executor.claim(async () => {});
      second.want(1);
      ask('claimedByAnother');
      second.want(0);
      ask('claimedNoMore');
      const [waiting] = hold(executor, 1);
      ask('waitedFor');
      expect(answers).toEqual({
        alone: true,
        counted: false,
        besideAnotherPool: true,
        onHold: false,
        wantedByItself: true,
        claimedByAnother: false,
        claimedNoMore: true,
        waitedFor: false,
      });
      main.want(0);
      for (const end of ends) end();
      for (const held of [other, waiting]) held?.end();
      await executor.idle();
    });

    it('frees the slot of a claim that rejects or throws, and lets its error go no further', async () => {
      const executor = make(1);
      executor.claim(() => Promise.reject(new Error('rejected'))).want(1);
      executor
        .claim(() => {
          throw new Error('thrown');
        })
        .want(1);
      await executor.idle();
      await settled();
      expect([unhandled, executor.free()]).toEqual([[], 1]);
    });

    it('tells which pools count starts', () => {
      const executor = make(1, { cloud: { concurrency: 1 }, slow: { concurrency: 1, rate: RATE } });
      expect([undefined, 'cloud', 'slow'].map((pool) => executor.isRated(pool))).toEqual([
        false,
        false,
        true,
      ]);
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
        executor.submit(async () => {
          await settled();
          done.push(`${pool ?? 'main'} ${left}`);
          if (left > 0) hop(left - 1, pool === undefined ? 'cloud' : undefined);
        }, pool);
      hop(4);
      await executor.idle();
      expect(done).toEqual(['main 4', 'cloud 3', 'main 2', 'cloud 1', 'main 0']);
    });
  });
}
