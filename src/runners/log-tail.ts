import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { TextDecoder } from 'node:util';

/** A tail that is further behind than this skips ahead, bytes: live output is for people, the file holds more. */
const MAX_BEHIND = 256 * 1024;
const BUFFER = Buffer.allocUnsafe(64 * 1024);

/** Hands on what is new in a log file that a process writes, as text, each time it is looked at. */
export class LogTail {
  readonly #fd: number;
  readonly #onText: (text: string) => void;
  readonly #isHeard: () => boolean;
  // BOMs are content here, and bad bytes become U+FFFD.
  #decoder = newDecoder();
  #position = 0;

  /** What is printed while `isHeard` says no is passed over. Throws what opening the file throws. */
  constructor(
    path: string,
    from: 'start' | 'end',
    onText: (text: string) => void,
    isHeard: () => boolean = () => true,
  ) {
    this.#fd = openSync(path, 'r');
    if (from === 'end') this.#position = fstatSync(this.#fd).size;
    this.#onText = onText;
    this.#isHeard = isHeard;
  }

  /** Hands on what is new, or the end of it when that is much. Returns the file's size in bytes. */
  look(): number {
    const { size } = fstatSync(this.#fd);
    if (!this.#isHeard()) this.#passOver(size);
    this.#skipAhead(size - this.#position);
    // Up to the size seen now, so that a fast writer can't keep this loop going.
    while (this.#position < size) {
      const count = readSync(this.#fd, BUFFER, 0, BUFFER.length, this.#position);
      if (count === 0) break;
      this.#position += count;
      this.#emit(this.#decoder.decode(BUFFER.subarray(0, count), { stream: true }));
    }
    return size;
  }

  /** Hands on what is left and closes the file. */
  finish(): void {
    this.look();
    this.#emit(this.#decoder.decode());
    this.close();
  }

  /** Hands on nothing more. */
  close(): void {
    closeSync(this.#fd);
  }

  #passOver(size: number): void {
    if (size === this.#position) return;
    this.#position = size;
    this.#decoder = newDecoder();
  }

  #skipAhead(behind: number): void {
    if (behind <= MAX_BEHIND) return;
    const skipped = behind - BUFFER.length;
    this.#position += skipped;
    this.#decoder = newDecoder();
    this.#emit(`\n[nuflow: ${skipped} bytes left out here]\n`);
  }

  #emit(text: string): void {
    if (text !== '') this.#onText(text);
  }
}

function newDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true });
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
    const decoder = newDecoder();
    const truncated = size > bytes;
    return { text: decoder.decode(buffer.subarray(0, count), { stream: truncated }), truncated };
  } finally {
    closeSync(fd);
  }
}
