import { closeSync, fstatSync, readSync } from 'node:fs';
import { TextDecoder } from 'node:util';
import { openRegular, regularSize, withRegular } from '../../platform/regular-file.js';

/** A tail that is further behind than this skips ahead, bytes: live output is for people, the file holds more. */
const MAX_BEHIND = 256 * 1024;
const BUFFER = Buffer.allocUnsafe(64 * 1024);

/** What is new in a log: its text, and which bytes of the log that stands for. */
export interface LogPiece {
  readonly text: string;
  /** Position of the first byte. */
  readonly offset: number;
  readonly bytes: number;
}

/**
 * Hands on what a process writes into a log file, from its beginning, as text, each time it is looked at. While
 * nobody hears it waits: the first listener gets what was printed before, or the end of it when that is much.
 *
 * The file is opened only to read what is new: descriptors held for as long as tasks run would be missing where
 * they are needed, and a task that can't be looked at for want of one would never end to give them back.
 */
export class LogTail {
  readonly #path: string;
  readonly #handOn: (piece: LogPiece) => void;
  readonly #isHeard: () => boolean;
  #position = 0;
  #size = 0;

  constructor(
    path: string,
    handOn: (piece: LogPiece) => void,
    isHeard: () => boolean = () => true,
  ) {
    this.#path = path;
    this.#handOn = handOn;
    this.#isHeard = isHeard;
  }

  /** Hands on what is new, but for a character that is not whole yet. Returns the file's size in bytes, as far as it is known. */
  look(): number {
    this.#handOnNew(false);
    return this.#size;
  }

  /** Whether there is something to hand on that was seen before, and somebody who hears it. */
  get isAwaited(): boolean {
    return this.#position < this.#size && this.#isHeard();
  }

  /** Hands on all that is left. */
  finish(): void {
    if (this.#isHeard()) this.#handOnNew(true);
  }

  /** `isAll`: nothing comes after. */
  #handOnNew(isAll: boolean): void {
    this.#size = regularSize(this.#path) ?? this.#size;
    if (this.#position >= this.#size || !this.#isHeard()) return;
    const fd = this.#open();
    if (fd === undefined) return;
    try {
      this.#readTo(fd, this.#size, isAll);
    } finally {
      closeSync(fd);
    }
  }

  /** Undefined when there is no descriptor left, or something else in the log's place: then there is just no live output for now. */
  #open(): number | undefined {
    try {
      return openRegular(this.#path);
    } catch {
      return undefined;
    }
  }

  /** Up to the size seen before, so that a fast writer can't keep this loop going. `isAll`: nothing comes after. */
  #readTo(fd: number, size: number, isAll: boolean): void {
    this.#skipAhead(size - this.#position);
    while (this.#position < size) {
      const read = readSync(fd, BUFFER, 0, BUFFER.length, this.#position);
      const piece = BUFFER.subarray(0, read);
      const isLast = isAll && this.#position + read >= size;
      const bytes = isLast ? read : read - incompleteLength(piece);
      if (bytes === 0) return;
      this.#emit(DECODER.decode(piece.subarray(0, bytes)), bytes);
    }
  }

  #skipAhead(behind: number): void {
    if (behind <= MAX_BEHIND) return;
    const skipped = behind - BUFFER.length;
    this.#emit(`\n[nuflow: ${skipped} bytes left out here]\n`, skipped);
  }

  #emit(text: string, bytes: number): void {
    const offset = this.#position;
    this.#position += bytes;
    this.#handOn({ text, offset, bytes });
  }
}

// BOMs are content here, and bad bytes become U+FFFD.
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });
/** Bytes of the longest character. */
const LONGEST = 4;

/** Number of bytes at the end that begin a character whose rest is missing. */
function incompleteLength(bytes: Uint8Array): number {
  for (let length = 1; length < LONGEST; length++) {
    const byte = bytes.at(-length);
    if (byte === undefined || byte < 0x80) return 0;
    if (byte >= 0xc0) return lengthFrom(byte) > length ? length : 0;
  }
  return 0;
}

/** Length of the UTF-8 character that a byte begins; 1 for a byte that begins none. */
function lengthFrom(byte: number): number {
  if (byte >= 0xf8) return 1;
  return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
}

/** Last `bytes` of a file as text; empty when it can't be read. */
export function tailOf(path: string, bytes: number): string {
  try {
    return withRegular(path, (fd) => {
      const buffer = Buffer.alloc(bytes);
      const from = Math.max(0, fstatSync(fd).size - bytes);
      return buffer.toString('utf8', 0, readSync(fd, buffer, 0, bytes, from));
    });
  } catch {
    return '';
  }
}
