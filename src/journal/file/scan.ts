import { IllegalRecordError, JournalDamagedError, JournalFormatError } from '../../errors.js';
import type { FileSystem, OpenFile } from '../../platform/file-system.js';
import { JOURNAL_FORMAT, type JournalRecord } from '../records/record.js';
import { claimedDurable, type Decoded, decode, namedFormat, otherFormat } from './codec.js';
import { openForReading } from './open-for-reading.js';
import { NEWLINE, pieces } from './pieces.js';

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
  /**
   * Byte offset behind the record of that number: up to there, the bytes are known to be on disk. 0 when
   * that is before where the scan began.
   */
  readonly proven: number;
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
 * An IllegalRecordError of `take` gets the place of its record.
 * What the system can't read is a JournalReadError.
 */
export async function scan(
  fileSystem: FileSystem,
  path: string,
  from: Position,
  take: TakeRecord,
): Promise<ScanEnd> {
  const file = await openForReading(fileSystem, path);
  try {
    return await new Scanner(file, path, from, take).run();
  } finally {
    await file.close();
  }
}

type BadLine = Decoded & { readonly ok: false };
/** A line that is no good record, and why. */
interface Bad {
  readonly line: Buffer;
  readonly why: BadLine;
}

const CUT: BadLine = { ok: false, kind: 'damaged', why: 'the line is cut' };
const ENDLESS: Bad = {
  line: Buffer.alloc(0),
  why: { ok: false, kind: 'damaged', why: 'the line is longer than a line can be' },
};

class Scanner {
  readonly #file: OpenFile;
  readonly #path: string;
  readonly #take: TakeRecord;
  #position: Position;
  #claimed = 0;
  #proven = 0;
  /** Offsets behind the last good records, as far back as it is not known whether they are proven. */
  readonly #unproven: number[];
  #stopped = false;

  constructor(file: OpenFile, path: string, from: Position, take: TakeRecord) {
    this.#file = file;
    this.#path = path;
    this.#position = from;
    this.#unproven = from.seq === 0 ? [] : [from.offset];
    this.#take = take;
  }

  /**
   * Who reads without the lock may have read half of a torn end while its owner cut it off and wrote in its place. So damage is looked
   * at again, from the last good record on: what is damage stays so.
   */
  async run(): Promise<ScanEnd> {
    try {
      return await this.#read();
    } catch (error) {
      if (!(error instanceof JournalDamagedError)) throw error;
      return this.#read();
    }
  }

  async #read(): Promise<ScanEnd> {
    let bad: Bad | undefined;
    for await (const piece of pieces(this.#file, this.#position.offset)) {
      if (bad !== undefined) return this.#broken(ENDLESS); // what has no end of line was not the end of the file
      bad = this.#lines(piece);
      if (this.#stopped) break;
      if (bad !== undefined && bad.why !== CUT) break;
    }
    return bad === undefined ? this.#end(0) : this.#broken(bad);
  }

  /** Takes the lines of a piece; gives the first bad one. */
  #lines(piece: Buffer): Bad | undefined {
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
    const before = this.#position;
    this.#position = { offset: before.offset + length, seq: record.seq, crc };
    this.#unproven.push(this.#position.offset);
    if (durable !== undefined && durable > this.#claimed) this.#prove(durable);
    if (!this.#isWanted(record, before)) this.#stopped = true;
  }

  /** Hands a record over; whether more are wanted. A record that its taker refuses is refused with its place. */
  #isWanted(record: JournalRecord, { seq, offset }: Position): boolean {
    try {
      return this.#take(record, this.#position);
    } catch (error) {
      if (!(error instanceof IllegalRecordError)) throw error;
      throw error.at({ file: this.#path, line: seq + 1, offset });
    }
  }

  #prove(claimed: number): void {
    this.#claimed = claimed;
    const left = this.#position.seq - claimed;
    const proven = this.#unproven.splice(0, this.#unproven.length - left);
    this.#proven = proven.at(-1) ?? this.#proven;
  }

  /** A torn write, or damage? A line behind the break may know that the broken one was synced. */
  async #broken({ line, why }: Bad): Promise<ScanEnd> {
    const { seq, offset } = this.#position;
    if (why.kind === 'unknown') throw this.#newer(why.why, why.format);
    if (why.kind === 'wrong') throw this.#damaged(why.why);
    const format = seq === 0 ? namedFormat(line) : undefined;
    if (format !== undefined && format !== JOURNAL_FORMAT)
      throw this.#newer(otherFormat(format), format);
    if (claimedDurable(line) > seq) throw this.#lost(why);
    if (why === CUT) return this.#end(line.length);
    let tornBytes = 0;
    for await (const piece of pieces(this.#file, offset)) {
      if (linesOf(piece).some((other) => claimedDurable(other) > seq)) throw this.#lost(why);
      tornBytes += piece.length;
    }
    return this.#end(tornBytes);
  }

  #newer(why: string, format: unknown): Error {
    const { seq, offset } = this.#position;
    return new JournalFormatError(this.#path, seq + 1, offset, why, format);
  }

  #lost({ why }: BadLine): Error {
    const next = this.#position.seq + 1;
    return this.#damaged(`${why}, and record ${next} is known to have been on disk`);
  }

  #damaged(why: string): Error {
    const { seq, offset } = this.#position;
    return new JournalDamagedError(this.#path, seq + 1, offset, why);
  }

  #end(tornBytes: number): ScanEnd {
    return { ...this.#position, claimed: this.#claimed, proven: this.#proven, tornBytes };
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
