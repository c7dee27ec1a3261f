import type { Clock } from '../platform/clock.js';
import { PQueueExecutor } from '../queue/p-queue-executor.js';

/** Journals being made or read at once: each takes descriptors and memory, and more would not be faster. */
const AT_ONCE = 64;
/** Callbacks that wait for a pause: they keep what they are about in memory. */
const MOST_WAITING = 10_000;

/** Openings of runs: those of one id happen one after another, so that two callers get the same run, and few at a time. */
export class KeyedQueue<Opened> {
  readonly #slots = new PQueueExecutor({ concurrency: AT_ONCE });
  readonly #underWay = new Map<string, Promise<Opened>>();
  readonly #clock: Clock;
  #whenIdle: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Opens when the openings of this id that were asked for before are over. Settles as `open` does. */
  async next(id: string, open: () => Promise<Opened>): Promise<Opened> {
    const opening = (this.#underWay.get(id) ?? Promise.resolve()).then(open, open);
    this.#underWay.set(id, opening);
    try {
      return await opening;
    } finally {
      if (this.#underWay.get(id) === opening) this.#underWay.delete(id);
      if (this.#underWay.size === 0) this.#clock.soon(() => this.#idle());
    }
  }

  /**
   * Calls back in the turn after one in which no opening is under way any more: who waited for one has it by then.
   * Where there is always one under way, it calls back once so many others wait.
   */
  whenIdle(callback: () => void): void {
    this.#whenIdle.push(callback);
    if (this.#whenIdle.length > MOST_WAITING)
      for (const oldest of this.#whenIdle.splice(0, MOST_WAITING / 2)) oldest();
  }

  #idle(): void {
    if (this.#underWay.size > 0) return; // who waited has asked for another
    const callbacks = this.#whenIdle;
    this.#whenIdle = [];
    for (const callback of callbacks) callback();
  }

  /** Does the part of an opening that takes descriptors when there is room for it. */
  inSlot(job: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#slots.submit(() => job().then(resolve, reject));
    });
  }

  /** Resolves when those asked for so far are over, however they ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay.values());
  }
}
