import { JournalDamagedError, JournalFormatError } from '../errors.js';
import type { FileSystem, OpenFile } from '../world/file-system.js';
import { claimedDurable, type Decoded, decode, namedFormat } from './codec.js';
import { NEWLINE, pieces } from './pieces.js';
import { JOURNAL_FORMAT, type JournalRecord } from './record.js';

/** Where a scan stands: what the next line must continue. */
export interface Position {
  /** Byte offset behind the last good record. */
  readonly offset: number;
  /** Number and checksum of the last good record; 0 and 0 at the beginning. */
  readonly seq: number;
  readonly crc: number;
}

export const BEGINNING: Position = { offset: 0, seq: 0, crc: 0 };

/** What a scan found. */
export interface ScanEnd extends Position {
  /** Highest `seq` that the records read claim to have been synced; 0 when none does. */
  readonly claimed: number;
  /** Bytes behind the last good record: a torn write. */
  readonly tornBytes: number;
}

/** Takes a record and the position behind it; `false` stops the scan. */
export type TakeRecord = (record: JournalRecord, position: Position) => boolean;

/**
 * Calls `take` for each record from `from` on, reading the file piece by piece, and tells where the good records end.
 *
 * A broken end is a torn write when nothing shows that it was ever on disk as a whole; then it is
 * reported, not thrown. What any line claims to have been synced must be there: otherwise, and for
 * records of a newer nuflow, throws JournalDamagedError or JournalFormatError. Why so: docs/journal-format.md.
 */
export async function scan(
  fileSystem: FileSystem,
  path: string,
  from: Position,
  take: TakeRecord,
): Promise<ScanEnd> {
  const file = await fileSystem.open(path, 'read');
  try {
    return await new Scanner(file, path, from, take).run();
  } finally {
    await file.close();
  }
}

type BadLine = Decoded & { readonly ok: false };

const CUT: BadLine = { ok: false, kind: 'damaged', why: 'the line is cut' };

class Scanner {
  readonly #file: OpenFile;
  readonly #path: string;
  readonly #take: TakeRecord;
  #position: Position;
  #claimed = 0;
  #stopped = false;

  constructor(file: OpenFile, path: string, from: Position, take: TakeRecord) {
    this.#file = file;
    this.#path = path;
    this.#position = from;
    this.#take = take;
  }

  async run(): Promise<ScanEnd> {
    for await (const piece of pieces(this.#file, this.#position.offset)) {
      const bad = this.#lines(piece);
      if (bad !== undefined) return this.#broken(bad.line, bad.why);
      if (this.#stopped) break;
    }
    return this.#end(0);
  }

  /** Takes the lines of a piece; gives the first bad one. */
  #lines(piece: Buffer): { readonly line: Buffer; readonly why: BadLine } | undefined {
    let start = 0;
    while (start < piece.length && !this.#stopped) {
      const end = piece.indexOf(NEWLINE, start);
      if (end === -1) return { line: piece.subarray(start), why: CUT };
      const line = piece.subarray(start, end);
      const decoded = decode(line, this.#position.seq + 1, this.#position.crc);
      if (!decoded.ok) return { line, why: decoded };
      this.#accept(decoded, line.length + 1);
      start = end + 1;
    }
    return undefined;
  }

  #accept({ record, durable, crc }: Decoded & { readonly ok: true }, length: number): void {
    this.#position = { offset: this.#position.offset + length, seq: record.seq, crc };
    if (durable !== undefined && durable > this.#claimed) this.#claimed = durable;
    if (!this.#take(record, this.#position)) this.#stopped = true;
  }

  /** A torn write, or damage? A line behind the break may know that the broken one was synced. */
  async #broken(line: Buffer, why: BadLine): Promise<ScanEnd> {
    if (why.kind === 'unknown') throw this.#unknown(why);
    const { seq, offset } = this.#position;
    const format = seq === 0 ? namedFormat(line) : undefined;
    if (format !== undefined && format !== JOURNAL_FORMAT)
      throw new JournalFormatError(this.#path, format, JOURNAL_FORMAT);
    if (Math.max(this.#claimed, claimedDurable(line)) > seq) throw this.#damaged(why);
    if (why === CUT) return this.#end(line.length);
    let tornBytes = 0;
    for await (const piece of pieces(this.#file, offset)) {
      if (linesOf(piece).some((other) => claimedDurable(other) > seq)) throw this.#damaged(why);
      tornBytes += piece.length;
    }
    return this.#end(tornBytes);
  }

  #unknown({ why, format }: BadLine & { readonly kind: 'unknown' }): Error {
    return format === undefined
      ? new JournalDamagedError(this.#path, this.#position.seq + 1, this.#position.offset, why)
      : new JournalFormatError(this.#path, format, JOURNAL_FORMAT);
  }

  #damaged({ why }: BadLine): Error {
    const { seq, offset } = this.#position;
    const full = `${why}, and record ${seq + 1} is known to have been on disk`;
    return new JournalDamagedError(this.#path, seq + 1, offset, full);
  }

  #end(tornBytes: number): ScanEnd {
    return { ...this.#position, claimed: this.#claimed, tornBytes };
  }
}

function linesOf(piece: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < piece.length; ) {
    const end = piece.indexOf(NEWLINE, start);
    lines.push(piece.subarray(start, end === -1 ? piece.length : end));
    start = end === -1 ? piece.length : end + 1;
  }
  return lines;
}
