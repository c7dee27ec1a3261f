import { closeSync, constants, fstatSync } from 'node:fs';
import { openRegular, regularSize } from '../../platform/regular-file.js';
import { type Cut, readCut, writeCut } from './log-cut.js';
import { trimLog } from './log-trim.js';
import { punchHole } from './punch-hole.js';

/** What a log file may hold unless said otherwise, bytes. */
export const MAX_LOG_BYTES = 16 * 1024 * 1024;
/** A log over its bound by so much of it is cut again: each time costs a process. */
const SLACK = 0.5;

/**
 * Bounds a log that a process writes, keeping its beginning and its end:
 *
 *   while it is written   the middle is given back to the file system as a hole; the file grows on, as
 *                         its writer holds it open for appending, but its disk space does not
 *   at the end            it is replaced by beginning, a line that says how much is missing, and end
 *
 * Where holes can't be made the first is left out. The writer is never held up and never notices.
 */
export class LogCap {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #wholeBytes: number;
  #cut: Cut | undefined;
  #cutting: Promise<void> | undefined;
  #canCut = true;

  /** While it is written, a log of up to `wholeBytes` is left whole: somebody is to read it at its end. */
  constructor(path: string, maxBytes: number, wholeBytes = 0) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#wholeBytes = wholeBytes;
  }

  /** To be told when the file has `size` bytes. */
  grown(size: number): void {
    const { from, to } = this.#cut ?? { from: 0, to: 0 };
    if (!this.#canCut || this.#cutting !== undefined || size <= this.#wholeBytes) return;
    if (size - (to - from) <= this.#maxBytes * (1 + SLACK)) return;
    this.#cutting = this.#cutTo(size - Math.ceil(this.#maxBytes / 2)).finally(() => {
      this.#cutting = undefined;
    });
  }

  /** When nobody writes any more: makes the file as small as it has to be. Never rejects. */
  async finish(): Promise<void> {
    await this.#cutting;
    if ((regularSize(this.#path) ?? 0) <= this.#maxBytes) return; // nearly all are: not worth opening
    await trimLog(this.#path, this.#maxBytes).catch(() => {}); // a log that stays long is no reason to fail
  }

  async #cutTo(to: number): Promise<void> {
    let log: number | undefined;
    try {
      log = openRegular(this.#path, constants.O_RDWR);
      const { ino } = fstatSync(log, { bigint: true });
      const before = this.#cut ?? readCut(this.#path, ino);
      const head = Math.floor(this.#maxBytes / 2);
      // Another bound may have been in force before: what was cut then is gone.
      this.#cut = { from: Math.min(head, before?.from ?? head), to: Math.max(to, before?.to ?? 0) };
      writeCut(this.#path, ino, this.#cut); // first: readers must not take the hole for output
      this.#canCut = await punchHole(log, this.#cut);
    } catch {
      this.#canCut = false;
    } finally {
      if (log !== undefined) closeSync(log);
    }
  }
}
