import type { FileSystem } from '../world/file-system.js';
import type { JournalRecord } from './record.js';
import { BEGINNING, type Position, scan } from './scan.js';

/** Bytes of records handed over at a time; a reader that stops early has read no more than this too far. */
const PAGE = 512 * 1024;

/**
 * Records `from` … `to` (default: all that are whole) of a journal file, without touching it; also
 * while another process appends. Memory does not grow with the file, and between two pages no file
 * is open, so an iterator may be dropped anywhere. Throws JournalDamagedError, JournalFormatError.
 */
export async function* readRecords(
  fileSystem: FileSystem,
  path: string,
  {
    from = 1,
    to = Number.POSITIVE_INFINITY,
  }: { readonly from?: number; readonly to?: number } = {},
): AsyncGenerator<JournalRecord, void, void> {
  let position: Position = BEGINNING;
  while (position.seq < to) {
    const page = await readPage(fileSystem, path, position, { from, to });
    yield* page.records;
    if (page.end.seq === position.seq) return;
    position = page.end;
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
