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
  | 'truncate';

/** How badly a life's file system behaves. */
export interface FaultRates {
  /** Probability that a call fails, by itself. */
  readonly failure: number;
  /** Probability that the sync of a file fails. */
  readonly failedSync: number;
  /** Probability that a write takes only a part of its bytes. */
  readonly shortWrite: number;
  /** Writes before the disk is full, and how many then fail before there is room again; none when absent. */
  readonly full?: { readonly after: number; readonly writes: number } | undefined;
}

/** A file system that keeps its promises, but for writes that take a part of their bytes, which is none. */
export const SOUND: FaultRates = { failure: 0, failedSync: 0, shortWrite: 0 };

const CODES: { readonly [call in FileCall]?: readonly string[] } = {
  open: ['EMFILE', 'EIO', 'ENFILE'],
  write: ['EIO', 'ENOSPC', 'EDQUOT'],
  makeDir: ['ENOSPC', 'EIO'],
};

/** Decides which calls fail. */
export class Faults {
  readonly #rates: FaultRates;
  readonly #prng: Prng;
  #writes = 0;

  constructor(rates: FaultRates, prng: Prng) {
    this.#rates = rates;
    this.#prng = prng;
  }

  /** The error a call ends with; undefined when it succeeds. */
  errorOf(call: FileCall, path: string): Error | undefined {
    if (call === 'write' && this.#isFull()) return systemError('ENOSPC', path);
    const rate = call === 'sync' ? this.#rates.failedSync : this.#rates.failure;
    if (rate === 0 || !this.#prng.chance(rate)) return undefined;
    return systemError(this.#prng.pick(CODES[call] ?? ['EIO']), path);
  }

  /** How many of the bytes a write takes. A failing one may have taken some too. */
  taken(length: number, fails: boolean): number {
    if (fails) return this.#prng.chance(0.5) ? 0 : this.#prng.between(0, length);
    if (this.#rates.shortWrite === 0 || !this.#prng.chance(this.#rates.shortWrite)) return length;
    return this.#prng.between(1, length);
  }

  #isFull(): boolean {
    const { full } = this.#rates;
    this.#writes++;
    return (
      full !== undefined && this.#writes > full.after && this.#writes <= full.after + full.writes
    );
  }
}
