import type { Clock } from '../platform/clock.js';

/** Pieces of work in one turn of the event loop, and how long they may take together, ms. */
const MOST_PIECES = 64;
const MOST_MS = 5;

/**
 * Lets small pieces of work share a turn of the event loop, but not without end: tasks that only wait for promises
 * would otherwise run one after another as long as there are any, and timers, sockets and the next write of the
 * journal would wait for all of them.
 */
export class YieldBudget {
  readonly #clock: Clock;
  #pieces = 0;
  #begunAt = 0;
  #next: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined when a piece of work may be done now; otherwise resolves in the next turn, to be asked again. */
  full(): Promise<void> | undefined {
    if (this.#pieces === 0) this.#begin();
    const spentMs = this.#clock.monotonic() - this.#begunAt;
    if (this.#pieces < MOST_PIECES && spentMs < MOST_MS) {
      this.#pieces++;
      return undefined;
    }
    this.#next ??= new Promise((resolve) => this.#clock.soon(resolve));
    return this.#next;
  }

  #begin(): void {
    this.#begunAt = this.#clock.monotonic();
    this.#clock.soon(() => {
      this.#pieces = 0;
      this.#next = undefined;
    });
  }
}
