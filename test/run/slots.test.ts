import { describe, expect, it } from 'vitest';
import { PQueueExecutor } from '../../src/queue/p-queue-executor.js';
import { Slots, type SlotUser } from '../../src/run/slots.js';
import { Started } from '../../src/run/started.js';
import type { Clock } from '../../src/world/clock.js';

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
  readonly givenBack: string[] = [];
  most = 0;
  #left: string[];

  constructor(count: number) {
    this.#left = Array.from({ length: count }, (_, n) => `t${n}`);
  }

  ready = (): number => this.#left.length;

  start = (): Started | undefined => {
    const task = this.#left.shift();
    if (task === undefined) return undefined;
    this.started.push(task);
    const started = new Started(task, 1);
    started.settled(true);
    return started;
  };

  run = async ({ task }: Started): Promise<void> => {
    await new Promise<void>((resolve) => this.running.set(task, resolve));
    this.running.delete(task);
  };

  giveBack = ({ task }: Started): void => {
    this.givenBack.push(task);
    this.#left.push(task);
  };
}

function rig(count: number, mayStartAhead = true) {
  const user = new User(count);
  const clock = new HandClock();
  const executor = new PQueueExecutor({ concurrency: 2 });
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
    executor.submit(async () => void others++);
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
    expect(user.givenBack).toEqual([]);
  });

  it('start nothing ahead that may not be retried', async () => {
    const { user, slots, request } = rig(50, false);
    hurry(slots);
    request();
    await turn();
    expect(user.started).toEqual(['t0', 't1']);
  });

  it('give back what gets no slot soon', async () => {
    const { user, clock, slots, request } = rig(50);
    hurry(slots);
    request();
    await turn();
    const ahead = user.started.slice(2);
    expect(ahead.length).toBeGreaterThan(0);
    clock.ring(); // since the last look a slot was used
    clock.ring(); // and since this one none
    expect(user.givenBack).toEqual(ahead);
  });

  it('keep what is ahead as long as slots become free', async () => {
    const { user, clock, slots, request } = rig(50);
    hurry(slots);
    request();
    await turn();
    for (let n = 0; n < 5; n++) {
      request();
      await turn();
      for (const end of user.running.values()) end();
      await turn();
      request();
      await turn();
      clock.ring();
    }
    expect(user.givenBack).toEqual([]);
  });

  it('give back everything when nothing more is to start', async () => {
    const { user, slots, request } = rig(50);
    hurry(slots);
    request();
    await turn();
    slots.giveBackAll();
    expect(user.givenBack).toEqual(user.started.slice(2));
    slots.giveBackAll();
    expect(user.givenBack).toEqual(user.started.slice(2));
  });
});
