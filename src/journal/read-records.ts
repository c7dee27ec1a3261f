import type { FileSystem } from '../world/file-system.js';
import type { JournalRecord } from './record.js';
import { BEGINNING, type Position, scan } from './scan.js';

/** Records handed over at a time; a reader that stops early has read no more than this too far. */
const PAGE = 512;

/**
 * Records `from` … `to` (default: all that are whole) of a journal file, without touching it; also
 * while another process appends. Memory does not grow with the file. Throws JournalDamagedError, JournalFormatError.
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
  for (;;) {
    const page: JournalRecord[] = [];
    const before = position;
    position = await scan(fileSystem, path, position, (record) => {
      if (record.seq > to) return false;
      if (record.seq >= from) page.push(record);
      return page.length < PAGE;
    });
    yield* page;
    if (position.seq === before.seq || position.seq >= to || page.length < PAGE) return;
  }
}
