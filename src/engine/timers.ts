import type { Cancel, Clock } from '../platform/clock.js';

/** How often it is looked whether the wall clock has passed an instant before its timer has, ms. */
const LOOK_MS = 10_000;

interface Timer {
  /** Milliseconds since the epoch. */
  readonly instant: number;
  readonly run: () => void;
  readonly cancel: Cancel;
}

/**
 * Timers by name; setting one again replaces it. Each runs when as much time has passed as there was until its
 * instant, or, at most LOOK_MS later, when the wall clock shows the instant: timers stand still while a machine is
 * suspended, and a clock may be set forward. A clock that is set back makes none wait longer.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #timers = new Map<string, Timer>();
  #cancelLook: Cancel | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Calls `run` at an instant, milliseconds since the epoch, or after `longestMs`; at once, but not before this returns,
   * when it has passed.
   */
  at(name: string, instant: number, run: () => void, longestMs = Number.POSITIVE_INFINITY): void {
    this.#timers.get(name)?.cancel();
    const waitMs = Math.min(instant - this.#clock.now(), longestMs);
    const cancel = this.#clock.after(waitMs, () => this.#ring(name));
    this.#timers.set(name, { instant, run, cancel });
    if (waitMs > LOOK_MS) this.#watch();
  }

  cancelAll(): void {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #watch(): void {
    this.#cancelLook ??= this.#clock.after(LOOK_MS, () => {
      this.#cancelLook = undefined;
      const now = this.#clock.now();
      for (const [name, { instant }] of [...this.#timers]) if (instant <= now) this.#ring(name);
      if (this.#timers.size > 0) this.#watch();
    });
  }

  #ring(name: string): void {
    const timer = this.#timers.get(name);
    this.#timers.delete(name);
    timer?.cancel();
    timer?.run();
  }
}
