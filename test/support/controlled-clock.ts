import type { Cancel, Clock } from '../../src/platform/clock.js';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock whose time moves only when the test says so. Timers for a time that has come fire in the next turn of the event loop. */
export class ControlledClock implements Clock {
  /** What spans are measured by; a test may want real ones. */
  measure: () => number = () => this.#now;
  #now: number;
  #setBy = 0;
  #timers: Timer[] = [];
  #waiting: (() => void)[] = [];

  constructor(start = '2026-01-02T03:04:05.678Z') {
    this.#now = Date.parse(start);
  }

  now(): number {
    return this.#now + this.#setBy;
  }

  /** Sets the wall clock forward or back, without any time passing. */
  setWallClock(byMs: number): void {
    this.#setBy += byMs;
  }

  monotonic(): number {
    return this.measure();
  }

  after(ms: number, run: () => void): Cancel {
    const timer = { at: this.#now + Math.max(0, ms), run };
    const cancel = (): void => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
    this.#timers.push(timer);
    if (timer.at === this.#now) setImmediate(() => this.#fire(timer));
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
    return cancel;
  }

  soon(run: () => void): void {
    setImmediate(run);
  }

  /** Waits until somebody waits for exactly this time, then moves there. `time` is ms since the epoch or an instant as text. */
  async reach(time: number | string): Promise<void> {
    const at = typeof time === 'number' ? time : Date.parse(time);
    while (!this.isAwaited(at)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#moveTo(at);
  }

  /** {@link reach} for a time `ms` from now. */
  pass(ms: number): Promise<void> {
    return this.reach(this.#now + ms);
  }

  /** Moves on by `ms`, whoever waits. */
  move(ms: number): void {
    this.#moveTo(this.#now + ms);
  }

  /** Whether a timer is set for exactly this time, ms since the epoch. */
  isAwaited(at: number): boolean {
    return this.#timers.some((timer) => timer.at === at);
  }

  /** Times that are waited for, as ms from now, soonest first. */
  get awaited(): readonly number[] {
    return this.#timers.map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  #moveTo(end: number): void {
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = next.at;
      this.#fire(next);
    }
    this.#now = end;
  }

  #next(end: number): Timer | undefined {
    const due = this.#timers.filter((timer) => timer.at <= end);
    return due.sort((a, b) => a.at - b.at)[0];
  }

  #fire(timer: Timer): void {
    if (!this.#timers.includes(timer)) return;
    this.#timers = this.#timers.filter((other) => other !== timer);
    timer.run();
  }
}
