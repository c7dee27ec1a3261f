import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { attemptFiles } from './attempt-files.js';
import type { AttemptPlace } from './runner.js';

/** How often a growing log is looked at, ms. */
const POLL_MS = 100;
/** A tail that is further behind than this skips ahead: live output is for people, the file holds the whole. */
const MAX_BEHIND = 256 * 1024;
const BUFFER = Buffer.allocUnsafe(64 * 1024);

/** Follows a log file while a process writes it, and hands on what is new as text. */
export class LogTail {
  readonly #fd: number;
  readonly #onText: (text: string) => void;
  readonly #timer: NodeJS.Timeout;
  // BOMs are content here, and bad bytes become U+FFFD.
  #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #position = 0;

  /** Throws what opening the file throws. Its timer does not keep the program alive. */
  constructor(path: string, from: 'start' | 'end', onText: (text: string) => void) {
    this.#fd = openSync(path, 'r');
    if (from === 'end') this.#position = fstatSync(this.#fd).size;
    this.#onText = onText;
    this.#timer = setInterval(() => this.#read(), POLL_MS).unref();
  }

  /** Reads what is left, then stops. */
  finish(): void {
    clearInterval(this.#timer);
    this.#read();
    this.#emit(this.#decoder.decode());
    closeSync(this.#fd);
  }

  #read(): void {
    const { size } = fstatSync(this.#fd);
    this.#skipAhead(size - this.#position);
    // Up to the size seen now, so that a fast writer can't keep this loop going.
    while (this.#position < size) {
      const count = readSync(this.#fd, BUFFER, 0, BUFFER.length, this.#position);
      if (count === 0) return;
      this.#position += count;
      this.#emit(this.#decoder.decode(BUFFER.subarray(0, count), { stream: true }));
    }
  }

  #skipAhead(behind: number): void {
    if (behind <= MAX_BEHIND) return;
    const skipped = behind - BUFFER.length;
    this.#position += skipped;
    this.#decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    this.#emit(`\n[nuflow: ${skipped} bytes left out here; the log file has them]\n`);
  }

  #emit(text: string): void {
    if (text !== '') this.#onText(text);
  }
}

/** Hands on what an attempt prints, as it prints it; returns the way to end that, after what is left was read. */
export function followLogs(attempt: AttemptPlace, from: 'start' | 'end'): () => void {
  const files = attemptFiles(attempt.dir);
  const tails = (['stdout', 'stderr'] as const).flatMap((stream) => {
    try {
      return [new LogTail(files[stream], from, (text) => attempt.output({ stream, text }))];
    } catch {
      return []; // no descriptor left, or no log: then there is just no live output
    }
  });
  return () => {
    for (const tail of tails) tail.finish();
  };
}

/** Last `bytes` of a file as text; empty when it can't be read. */
export function tailOf(path: string, bytes: number): string {
  try {
    const fd = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(bytes);
      const from = Math.max(0, fstatSync(fd).size - bytes);
      return buffer.toString('utf8', 0, readSync(fd, buffer, 0, bytes, from));
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}

/** First `bytes` of a file as text, without a character cut in two, and whether there is more. */
export function headOf(path: string, bytes: number): { text: string; truncated: boolean } {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const buffer = Buffer.alloc(Math.min(size, bytes));
    const count = readSync(fd, buffer, 0, buffer.length, 0);
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    const truncated = size > bytes;
    return { text: decoder.decode(buffer.subarray(0, count), { stream: truncated }), truncated };
  } finally {
    closeSync(fd);
  }
}
