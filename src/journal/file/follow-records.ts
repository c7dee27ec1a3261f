import type { FileSystem } from '../../platform/file-system.js';
import type { JournalRecord } from '../records/record.js';
import { readPage } from './read-records.js';
import { BEGINNING, type Position } from './scan.js';

export interface FollowOptions {
  /** First `seq` to give; default 1. */
  readonly from?: number | undefined;
  /** Resolves when the file may have grown: a watcher, or a timer. Rejections end the iteration. */
  readonly changed: () => Promise<void>;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The records of a journal that another process may be writing, those to come included, until
 * run.finished. Reads each byte once, gives only whole records, opens the file only to look. Records
 * may be ahead of what is synced. Throws JournalDamagedError, JournalFormatError.
 */
export async function* followRecords(
  fileSystem: FileSystem,
  path: string,
  { from = 1, changed, signal }: FollowOptions,
): AsyncGenerator<JournalRecord, void, void> {
  let position: Position = BEGINNING;
  while (!signal?.aborted) {
    const page = await readPage(fileSystem, path, position, { from, to: Number.POSITIVE_INFINITY });
    yield* page.records;
    if (page.finished) return;
    if (page.end.seq === position.seq) await changedOrAborted(changed, signal);
    position = page.end;
  }
}

async function changedOrAborted(
  changed: () => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (signal === undefined) return changed();
  const over = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { signal: over.signal });
  });
  try {
    await Promise.race([changed(), aborted]);
  } finally {
    over.abort(); // which takes the listener away
  }
}
