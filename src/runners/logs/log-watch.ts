import { type FSWatcher, watch } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** How often a growing log is looked at, ms. */
const EVERY_MS = 100;
/** Time for looking between two turns of the event loop, ms: however many logs there are, the rest of the program gets its turn. */
const TURN_MS = 5;
/** Looks without news after which a log counts as silent. */
const SILENT_LOOKS = 10;
/** A silent log is looked at every so many rounds all the same, in case that the system does not tell. */
const SILENT_ROUNDS = 50;

/** A file to be looked at from time to time. One look is a bounded amount of work. Nothing here throws. */
export interface Watched {
  readonly path: string;
  /** Returns the size of the file, bytes. */
  look(): number;
  /** Whether there is something to hand on that was seen before, and somebody who wants it. */
  isAwaited(): boolean;
}

interface Log {
  readonly watched: Watched;
  size: number;
  /** Looks in a row that found the same size. */
  unchanged: number;
  /** Of a silent log: tells when it is written. */
  watcher: FSWatcher | undefined;
}

/**
 * Looks at all logs that are being written, in rounds. One timer for all: a timer each would let a
 * thousand chatty tasks take a whole turn of the event loop for themselves. It does not keep the program alive.
 *
 * A log that is silent is not looked at until the system tells that it was written: a look is a system call, and a
 * thousand silent tasks would cost a sixth of a processor. Where the system can't tell, looking goes on.
 */
class LogWatch {
  readonly #logs = new Set<Log>();
  #waiting = false;
  #round = 0;

  /** Begins to look; returns the way to stop. */
  add(watched: Watched): () => void {
    const log: Log = { watched, size: -1, unchanged: 0, watcher: undefined };
    this.#logs.add(log);
    this.#wait();
    return () => {
      wake(log);
      this.#logs.delete(log);
    };
  }

  #wait(): void {
    if (this.#waiting || this.#logs.size === 0) return;
    this.#waiting = true;
    setTimeout(() => void this.#lookAtAll(), EVERY_MS).unref();
  }

  async #lookAtAll(): Promise<void> {
    const isForAll = this.#round++ % SILENT_ROUNDS === 0;
    let began = performance.now();
    for (const log of this.#logs) {
      if (log.watcher !== undefined && !isForAll && !log.watched.isAwaited()) continue;
      this.#look(log);
      if (performance.now() - began < TURN_MS) continue;
      await setImmediate();
      began = performance.now();
    }
    this.#waiting = false;
    this.#wait();
  }

  #look(log: Log): void {
    const size = log.watched.look();
    if (size !== log.size) {
      wake(log);
      log.size = size;
    } else if (++log.unchanged === SILENT_LOOKS && this.#logs.has(log)) rest(log);
  }
}

/** From now on the system tells when the log is written. */
function rest(log: Log): void {
  try {
    const watcher = watch(log.watched.path, { persistent: false }, () => wake(log));
    watcher.on('error', () => wake(log));
    log.watcher = watcher;
    // What was written before the system began to watch.
    if (log.watched.look() !== log.size) wake(log);
  } catch {
    // No such file yet, or no more watches: it is looked at as before.
  }
}

/** It is looked at in each round again. */
function wake(log: Log): void {
  log.unchanged = 0;
  log.watcher?.close();
  log.watcher = undefined;
}

/** The one of this process. */
export const logWatch = new LogWatch();
