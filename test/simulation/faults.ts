import type { Prng } from './prng.js';
import { systemError } from './sim-disk.js';

/** Calls of the file system that can fail. */
export type FileCall =
  | 'makeDir'
  | 'syncDir'
  | 'list'
  | 'open'
  | 'rename'
  | 'remove'
  | 'size'
  | 'write'
  | 'rewrite'
  | 'sync'
  | 'read'
  | 'truncate'
  | 'close';

/** How badly a life's file system behaves. */
export interface FaultRates {
  /** Probability that a call fails, by itself. */
  readonly failure: number;
  /** Probability that the sync of a file fails. */
  readonly failedSync: number;
  /** Probability that a write takes only a part of its bytes. */
  readonly shortWrite: number;
  /** Bytes that there is room for, and writes that are refused before somebody makes more; any when absent. */
  readonly space?: { readonly bytes: number; readonly refusals: number } | undefined;
  /** The process dies in this write, counted from 1, with a part of the bytes taken; in none when absent. */
  readonly deadlyWrite?: number | undefined;
}

/** A file system that keeps its promises, but for writes that take a part of their bytes, which is none. */
export const SOUND: FaultRates = { failure: 0, failedSync: 0, shortWrite: 0 };

const CODES: { readonly [call in FileCall]?: readonly string[] } = {
  open: ['EMFILE', 'EIO', 'ENFILE'],
  write: ['EIO', 'EDQUOT'],
  makeDir: ['ENOSPC', 'EIO'],
};

/** What becomes of a write. */
export interface WriteFate {
  /** Bytes that are taken, whatever else happens. */
  readonly taken: number;
  readonly error?: Error | undefined;
  readonly isDeadly?: boolean | undefined;
}

/** Decides which calls fail. */
export class Faults {
  readonly #rates: FaultRates;
  readonly #prng: Prng;
  #writes = 0;
  #space: number;
  #refusals = 0;

  constructor(rates: FaultRates, prng: Prng) {
    this.#rates = rates;
    this.#prng = prng;
    this.#space = rates.space?.bytes ?? Number.POSITIVE_INFINITY;
  }

  /** The error a call ends with; undefined when it succeeds. */
  errorOf(call: FileCall, path: string): Error | undefined {
    const rate = call === 'sync' ? this.#rates.failedSync : this.#rates.failure;
    if (rate === 0 || !this.#prng.chance(rate)) return undefined;
    return systemError(this.#prng.pick(CODES[call] ?? ['EIO']), path);
  }

  write(length: number, path: string): WriteFate {
    this.#writes++;
    const part = (): number => this.#prng.between(0, length);
    if (this.#writes === this.#rates.deadlyWrite) return { taken: part(), isDeadly: true };
    if (length > this.#space) return this.#refuse(path);
    const error = this.errorOf('write', path);
    const isShort = this.#rates.shortWrite > 0 && this.#prng.chance(this.#rates.shortWrite);
    const taken = error === undefined && !isShort ? length : part();
    this.#space -= taken;
    // A write that takes nothing and does not fail is none that a system makes.
    return { taken: error === undefined ? Math.max(1, taken) : taken, error };
  }

  /** A file was removed, or cut. */
  freed(bytes: number): void {
    this.#space += bytes;
  }

  #refuse(path: string): WriteFate {
    const taken = this.#space;
    this.#space =
      ++this.#refusals < (this.#rates.space?.refusals ?? 0) ? 0 : Number.POSITIVE_INFINITY;
    return { taken, error: systemError('ENOSPC', path) };
  }
}
