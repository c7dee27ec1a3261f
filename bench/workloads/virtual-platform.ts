import { randomBytes } from 'node:crypto';
import type { Platform } from 'nuflow';
import { MemoryFiles } from './memory-files.js';

/** Turns of the event loop without anything happening after which nothing will before time moves on. */
const QUIET_TURNS = 4;

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/**
 * A platform in memory whose time moves on, to the next timer, whenever nobody has anything more to do:
 * a workflow of hours takes as long as its orchestrator computes.
 */
export class VirtualPlatform implements Platform {
  readonly fileSystem = new MemoryFiles(() => {
    this.#happened++;
  });
  readonly random = {
    next: Math.random,
    hex: (bytes: number) => randomBytes(bytes).toString('hex'),
  };
  readonly locks = {
    acquire: async () => ({ held: { release: async () => {}, isInPlace: () => true } }),
  };
  readonly pid = process.pid;
  readonly clock: Platform['clock'] = {
    now: () => this.#now,
    monotonic: () => this.#now,
    after: (ms, run) => this.#after(ms, run),
    soon: (run) => {
      this.#happened++;
      setImmediate(run);
    },
  };
  #now = Date.parse('2026-01-01T00:00:00Z');
  #timers: Timer[] = [];
  #happened = 0;

  /** Lets time pass until `until` is settled. */
  async pass(until: Promise<unknown>): Promise<void> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    until.then(settle, settle);
    while (!settled) {
      await this.#quiet();
      this.#fireNext();
    }
  }

  #after(ms: number, run: () => void): () => void {
    this.#happened++;
    const timer = { at: this.#now + Math.max(0, ms), run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  async #quiet(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      const before = this.#happened;
      await new Promise<void>((resolve) => setImmediate(resolve));
      quiet = this.#happened === before ? quiet + 1 : 0;
    }
  }

  #fireNext(): void {
    if (this.#timers.length === 0) return;
    const next = this.#timers.reduce((a, b) => (b.at < a.at ? b : a));
    this.#timers = this.#timers.filter((timer) => timer !== next);
    this.#now = next.at;
    next.run();
  }
}
