import type { FileSystem } from '../../platform/file-system.js';
import type { JournalRecord } from '../records/record.js';
import { BEGINNING, type Position, scan } from './scan.js';

/** Bytes of records handed over at a time; a reader that stops early has read no more than this too far. */
const PAGE = 512 * 1024;

/** Which records are wanted, by `seq`. */
interface Range {
  /** Default 1. */
  readonly from?: number;
  /** Default: all that are whole. */
  readonly to?: number;
}

/**
 * Records `from` … `to` of a journal file, without touching it; also
 * while another process appends. Memory does not grow with the file, and between two pages no file
 * is open, so an iterator may be dropped anywhere. Throws JournalDamagedError, JournalFormatError.
 */
export function readRecords(
  fileSystem: FileSystem,
  path: string,
  range: Range = {},
): AsyncGenerator<JournalRecord, void, void> {
  return new RecordReader(fileSystem, path).read(range);
}

/** Reads a journal file as {@link readRecords} does, and goes on where it was: who reads forward reads each byte once. */
export class RecordReader {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  /** Behind the last record that was handed on, or passed over. */
  #position: Position = BEGINNING;

  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem;
    this.#path = path;
  }

  async *read({
    from = 1,
    to = Number.POSITIVE_INFINITY,
  }: Range = {}): AsyncGenerator<JournalRecord, void, void> {
    if (from <= this.#position.seq) this.#position = BEGINNING;
    while (this.#position.seq < to) {
      const page = await readPage(this.#fileSystem, this.#path, this.#position, { from, to });
      yield* page.records;
      if (page.end.seq === this.#position.seq) return;
      this.#position = page.end;
    }
  }
}

/** A stretch of a journal. */
interface Page {
  readonly records: readonly JournalRecord[];
  /** Behind the last record looked at; where the page began when there was none. */
  readonly end: Position;
  /** Whether the run's last record was among those looked at. */
  readonly finished: boolean;
}

/** The next page of records, those below `from` passed over. */
export async function readPage(
  fileSystem: FileSystem,
  path: string,
  start: Position,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Page> {
  const records: JournalRecord[] = [];
  let begin = start.offset;
  let finished = false;
  const end = await scan(fileSystem, path, start, (record, { offset }) => {
    finished = record.type === 'run.finished';
    if (record.seq >= from && record.seq <= to) records.push(record);
    else begin = offset; // what is passed over takes no memory
    return record.seq < to && offset - begin < PAGE;
  });
  return { records, end, finished };
}
