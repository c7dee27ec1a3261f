import { JournalDamagedError, JournalFormatError } from '../errors.js';
import type { FileSystem, OpenFile } from '../world/file-system.js';
import { claimedDurable, type Decoded, decode } from './codec.js';
import { JOURNAL_FORMAT, type JournalRecord } from './record.js';

/** Bytes read at a time. */
const CHUNK = 1024 * 1024;
const NEWLINE = 10;

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
  /** Bytes behind the last good record: a torn write. */
  readonly tornBytes: number;
}

/**
 * Calls `take` for each record from `from` on, reading the file piece by piece, and tells where the good records end.
 *
 * A broken end is a torn write when nothing shows that it was ever on disk as a whole; then it is
 * reported, not thrown. What any line claims to have been synced must be there: otherwise, and for damage
 * in front of good records, throws JournalDamagedError. `take` may return false to stop early.
 */
export async function scan(
  fileSystem: FileSystem,
  path: string,
  from: Position,
  take: (record: JournalRecord, position: Position) => boolean | undefined,
): Promise<ScanEnd> {
  const file = await fileSystem.open(path, 'read');
  try {
    return await new Scanner(file, path, from, take).run();
  } finally {
    await file.close();
  }
}

class Scanner {
  readonly #file: OpenFile;
  readonly #path: string;
  readonly #take: (record: JournalRecord, position: Position) => boolean | undefined;
  #position: Position;
  #durable = 0;

  constructor(
    file: OpenFile,
    path: string,
    from: Position,
    take: (record: JournalRecord, position: Position) => boolean | undefined,
  ) {
    this.#file = file;
    this.#path = path;
    this.#position = from;
    this.#take = take;
  }

  async run(): Promise<ScanEnd> {
    let rest = Buffer.alloc(0);
    let readAt = this.#position.offset;
    for (;;) {
      // A line longer than a chunk is read in ever larger ones, so that its bytes are copied only a few times.
      const chunk = Buffer.allocUnsafe(Math.max(CHUNK, rest.length));
      const length = await this.#file.read(chunk, readAt);
      if (length === 0) return rest.length === 0 ? this.#end(0) : this.#torn(rest, undefined);
      readAt += length;
      const bytes =
        rest.length === 0
          ? chunk.subarray(0, length)
          : Buffer.concat([rest, chunk.subarray(0, length)]);
      const used = this.#lines(bytes);
      if (used === 'stopped') return this.#end(0);
      if (typeof used === 'object')
        return this.#torn(await this.#readRest(bytes.subarray(used.at), readAt), used.why);
      rest = bytes.subarray(used);
    }
  }

  /** Takes the whole lines of `bytes`; gives the number of bytes used, or where the first bad line begins. */
  #lines(
    bytes: Buffer,
  ): number | 'stopped' | { readonly at: number; readonly why: Decoded & { ok: false } } {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      const decoded = decode(
        bytes.subarray(start, end),
        this.#position.seq + 1,
        this.#position.crc,
      );
      if (!decoded.ok) return { at: start, why: decoded };
      const { record, durable, crc } = decoded;
      this.#position = { offset: this.#position.offset + end + 1 - start, seq: record.seq, crc };
      this.#durable = Math.max(this.#durable, durable ?? 0);
      start = end + 1;
      if (this.#take(record, this.#position) === false) return 'stopped';
    }
    return start;
  }

  async #readRest(bytes: Buffer, readAt: number): Promise<Buffer> {
    const parts = [bytes];
    for (let at = readAt; ; ) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const length = await this.#file.read(chunk, at);
      if (length === 0) return Buffer.concat(parts);
      parts.push(chunk.subarray(0, length));
      at += length;
    }
  }

  #torn(rest: Buffer, why: (Decoded & { ok: false }) | undefined): ScanEnd {
    const { offset, seq } = this.#position;
    if (why?.kind === 'unknown') {
      if (why.format !== undefined)
        throw new JournalFormatError(this.#path, why.format, JOURNAL_FORMAT);
      throw new JournalDamagedError(this.#path, seq + 1, offset, why.why);
    }
    // A line behind the break may know that the broken one was synced: then this is no torn write.
    const claims = linesOf(rest).map((line) => claimedDurable(line) ?? 0);
    if (Math.max(this.#durable, ...claims) > seq) {
      throw new JournalDamagedError(
        this.#path,
        seq + 1,
        offset,
        `${why?.why ?? 'the line is cut'}, and record ${seq + 1} is known to have been on disk`,
      );
    }
    return this.#end(rest.length);
  }

  #end(tornBytes: number): ScanEnd {
    return { ...this.#position, tornBytes };
  }
}

/** Lines judged at most: a torn write is no longer than what was written at once. */
const JUDGED = 10_000;

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (
    let end = bytes.indexOf(NEWLINE);
    end !== -1 && lines.length < JUDGED;
    end = bytes.indexOf(NEWLINE, start)
  ) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}
