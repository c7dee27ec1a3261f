import { describe, expect, it } from 'vitest';
import { PendingStart } from '../../src/engine/dispatch/pending-start.js';
import { Slots, type SlotUser } from '../../src/engine/dispatch/slots.js';
import type { Clock } from '../../src/platform/clock.js';
import { PQueueExecutor } from '../../src/queue/p-queue-executor.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Time that passes when the test says so. */
class HandClock implements Clock {
  #timers: (() => void)[] = [];
  now = (): number => 0;
  monotonic = (): number => 0;
  after = (_ms: number, run: () => void): (() => void) => {
    this.#timers.push(run);
    return () => {
      this.#timers = this.#timers.filter((timer) => timer !== run);
    };
  };
  soon = (run: () => void): void => void setImmediate(run);
  ring(): void {
    for (const run of this.#timers.splice(0)) run();
  }
}

/** A run of `count` tasks whose code ends when the test says so. */
class User implements SlotUser {
  readonly started: string[] = [];
  readonly running = new Map<string, () => void>();
  readonly confirmed: string[] = [];
  readonly reverted: string[] = [];
  /** Ranks of what is ready, the most important first. */
  readonly #left: number[];

  constructor(count: number) {
    this.#left = Array.from({ length: count }, (_, n) => n);
  }

  /** A task becomes ready; tasks that were there from the beginning have the ranks 0, 1, … */
  enter(rank: number): void {
    this.#left.push(rank);
    this.#left.sort((a, b) => a - b);
  }

  ready = (): number => this.#left.length;
  nextRank = (): number => this.#left[0] ?? Number.POSITIVE_INFINITY;
  priorityOf = (): number => 0;

  start = (_pool: string | undefined, isAhead: boolean): PendingStart | undefined => {
    const rank = this.#left.shift();
    if (rank === undefined) return undefined;
    this.started.push(`t${rank}`);
    const start = new PendingStart(
      { task: `t${rank}`, attempt: 1, rank },
      { isAhead, appendedAtMs: 0 },
    );
    start.settled(true);
    return start;
  };

  run = async ({ task }: PendingStart): Promise<void> => {
    await new Promise<void>((resolve) => this.running.set(task, resolve));
    this.running.delete(task);
  };

  confirm = (start: PendingStart): void => {
    start.isAhead = false;
    this.confirmed.push(start.task);
  };

  revert = ({ task }: PendingStart): void => void this.reverted.push(task);
}

function rig(count: number, mayStartAhead = true, concurrency = 2) {
  const user = new User(count);
  const clock = new HandClock();
  const executor = new PQueueExecutor({ concurrency });
  const slots = new Slots(executor, clock, user, mayStartAhead);
  const request = (): void => slots.request(user.ready() > 0 ? [undefined] : []);
  return { user, clock, slots, executor, request };
}

/** Tells the slots that tasks are much shorter than a sync: 2 slots get 8 starts ahead. */
function hurry(slots: Slots): void {
  for (let n = 0; n < 100; n++) {
    slots.pace.synced(1);
    slots.pace.worked(0.999);
  }
}

describe('slots', () => {
  it('start a task only when its slot is there', async () => {
    const { user, request } = rig(5);
    request();
    await turn();
    expect([user.started, [...user.running.keys()]]).toEqual([
      ['t0', 't1'],
      ['t0', 't1'],
    ]);
  });

  it('go on with the next task in the slot of one that ended, unless others wait for it', async () => {
    const { user, request, executor } = rig(5);
    request();
    await turn();
    user.running.get('t0')?.();
    await turn(); // nobody asked for slots again
    expect([...user.running.keys()]).toEqual(['t1', 't2']);
    let others = 0;
    executor.claim(async () => void others++).want(1);
    user.running.get('t1')?.();
    await turn();
    expect([others, [...user.running.keys()]]).toEqual([1, ['t2', 't3']]);
  });

  it('start short tasks ahead, and run no more of them at once than there are slots', async () => {
    const { user, slots, request } = rig(50);
    hurry(slots);
    request();
    const ran: string[] = [];
    for (await turn(); user.running.size > 0; await turn()) {
      expect(user.running.size).toBeLessThanOrEqual(2);
      expect(user.started.length - ran.length).toBeLessThanOrEqual(2 + 9);
      for (const [task, end] of user.running) {
        ran.push(task);
        end();
      }
      await turn();
      request();
    }
    expect(ran).toEqual(Array.from({ length: 50 }, (_, n) => `t${n}`));
    expect([user.reverted, user.confirmed]).toEqual([[], []]);
  });

  it('start nothing ahead that may not be retried', async () => {
    const { user, slots, request } = rig(50, false);
    hurry(slots);
    request();
    await turn();
    expect(user.started).toEqual(['t0', 't1']);
  });

  it('leave what is ahead in peace for as long as no slot becomes free', async () => {
    const { user, clock, slots, request } = rig(50);
    hurry(slots);
    request();
    await turn();
    const started = [...user.started];
    for (let n = 0; n < 5; n++) {
      clock.ring();
      request();
      await turn();
    }
    expect([user.started, user.reverted]).toEqual([started, []]);
  });

  it('run what is more important before what was started ahead', async () => {
    const { user, slots, request } = rig(20, true, 1);
    hurry(slots);
    request();
    await turn();
    expect([user.started.length > 3, [...user.running.keys()]]).toEqual([true, ['t0']]);
    const order: string[] = [];
    const next = async (): Promise<void> => {
      for (const [task, end] of user.running) {
        order.push(task);
        end();
      }
      request();
      await turn();
    };
    user.enter(-1);
    await next();
    user.enter(1.5);
    while (user.running.size > 0) await next();
    expect(order).toEqual(
      [0, -1, 1, 1.5, ...Array.from({ length: 18 }, (_, n) => n + 2)].map((rank) => `t${rank}`),
    );
    expect(user.reverted).toEqual([]);
  });

  it('confirm a start that was written ahead when its code runs long, once', async () => {
    const { user, clock, slots, request } = rig(50);
    hurry(slots);
    request();
    await turn();
    for (const end of user.running.values()) end();
    await turn();
    const running = [...user.running.keys()];
    expect(running).toEqual(['t2', 't3']);
    clock.ring(); // begun since the last look
    expect(user.confirmed).toEqual([]);
    clock.ring();
    expect([...user.confirmed].sort()).toEqual(running);
    clock.ring();
    expect([...user.confirmed].sort()).toEqual(running);
  });

  it('confirm nothing that ends soon', async () => {
    const { user, clock, slots, request } = rig(50);
    hurry(slots);
    request();
    for (await turn(); user.running.size > 0; await turn()) {
      for (const end of user.running.values()) end();
      await turn();
      request();
      await turn();
      clock.ring();
    }
    expect(user.confirmed).toEqual([]);
  });

  it('start nothing ahead in a pool with a rate', async () => {
    const user = new User(50);
    const rate = { count: 100, intervalMs: 1_000 };
    const pools = { slow: { concurrency: 2, rate } };
    const clock = new HandClock();
    const executor = new PQueueExecutor({ concurrency: 2, pools, clock });
    const slots = new Slots(executor, clock, user, true);
    hurry(slots);
    slots.request(['slow']);
    await turn();
    expect(user.started).toEqual(['t0', 't1']);
  });

  it('give up what is ahead, and wait for no slot, when nothing more is to start', async () => {
    const { user, slots, request, executor } = rig(50);
    hurry(slots);
    request();
    await turn();
    slots.release();
    const ahead = user.started.slice(2);
    expect([ahead.length > 0, user.reverted]).toEqual([true, ahead]);
    slots.release();
    expect(user.reverted).toEqual(ahead);
    expect(executor.free()).toBe(0);
  });
});
