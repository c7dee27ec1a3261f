import type { Cancel, Clock } from '../../src/platform/clock.js';
import type { Scheduler } from './scheduler.js';

/** The wall clock of a simulated machine; it can jump. */
export class WallClock {
  readonly #scheduler: Scheduler;
  #offset: number;

  constructor(scheduler: Scheduler, startAt: number) {
    this.#scheduler = scheduler;
    this.#offset = startAt;
  }

  /** Milliseconds since 1970, whole ones as of a real clock. */
  get now(): number {
    return Math.floor(this.#offset + this.#scheduler.time);
  }

  jump(ms: number): void {
    this.#offset += ms;
  }
}

/** The clocks of one simulated process. */
export class SimClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #wall: WallClock;
  readonly #isAlive: () => boolean;
  /** Timers that are set. */
  timers = 0;

  constructor(scheduler: Scheduler, wall: WallClock, isAlive: () => boolean = () => true) {
    this.#scheduler = scheduler;
    this.#wall = wall;
    this.#isAlive = isAlive;
  }

  now(): number {
    return this.#wall.now;
  }

  monotonic(): number {
    return this.#scheduler.time;
  }

  after(ms: number, run: () => void): Cancel {
    if (!this.#isAlive()) return () => {};
    this.timers++;
    let left = 1;
    const once = (): void => {
      this.timers -= left;
      left = 0;
    };
    const cancel = this.#scheduler.at(ms, () => {
      once();
      if (this.#isAlive()) run();
    });
    return () => {
      once();
      cancel();
    };
  }

  soon(run: () => void): void {
    this.#scheduler.at(0, () => {
      if (this.#isAlive()) run();
    });
  }
}
