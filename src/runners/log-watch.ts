import { setImmediate } from 'node:timers/promises';

/** How often a growing log is looked at, ms. */
const EVERY_MS = 100;
/** Time for looking between two turns of the event loop, ms: however many logs there are, the rest of the program gets its turn. */
const TURN_MS = 5;

/** Something to be looked at from time to time. One look is a bounded amount of work, and never throws. */
export interface Watched {
  look(): void;
}

/**
 * Looks at all logs that are being written, in rounds. One timer for all: a timer each would let a
 * thousand chatty tasks take a whole turn of the event loop for themselves. It does not keep the program alive.
 */
class LogWatch {
  readonly #watched = new Set<Watched>();
  #waiting = false;

  /** Begins to look; returns the way to stop. */
  add(watched: Watched): () => void {
    this.#watched.add(watched);
    this.#wait();
    return () => this.#watched.delete(watched);
  }

  #wait(): void {
    if (this.#waiting || this.#watched.size === 0) return;
    this.#waiting = true;
    setTimeout(() => void this.#round(), EVERY_MS).unref();
  }

  async #round(): Promise<void> {
    let began = performance.now();
    for (const watched of this.#watched) {
      watched.look();
      if (performance.now() - began < TURN_MS) continue;
      await setImmediate();
      began = performance.now();
    }
    this.#waiting = false;
    this.#wait();
  }
}

/** The one of this process. */
export const logWatch = new LogWatch();
