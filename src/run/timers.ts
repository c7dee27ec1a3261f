import type { Cancel, Clock } from '../world/clock.js';

/** Timers by name; setting one again replaces it. */
export class Timers {
  readonly #clock: Clock;
  readonly #cancels = new Map<string, Cancel>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `run` at an instant, milliseconds since the epoch; at once, but not before this returns, when it has passed. */
  at(name: string, instant: number, run: () => void): void {
    this.#cancels.get(name)?.();
    const ring = (): void => {
      this.#cancels.delete(name);
      run();
    };
    this.#cancels.set(name, this.#clock.after(instant - this.#clock.now(), ring));
  }

  cancelAll(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }
}
