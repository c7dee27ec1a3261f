import { JournalDamagedError } from '../../errors.js';
import type { FileSystem, OpenFile } from '../../platform/file-system.js';
import { BEGINNING, type Position, scan } from './scan.js';

/**
 * A journal's file on a new descriptor, after a write or sync found no space on the old one: cut back to
 * what was acknowledged, so that the rest can be written from memory as if for the first time. Reads all of
 * what is there; when that is not what was acknowledged, throws JournalDamagedError, the file untouched.
 *
 * What was written and not acknowledged must go even if it is there: a sync of it may have failed, after
 * which the system shows it and never writes it.
 */
export async function reopenFull(
  fileSystem: FileSystem,
  path: string,
  acknowledged: Position,
): Promise<OpenFile> {
  let found = BEGINNING;
  await scan(fileSystem, path, BEGINNING, (_, position) => {
    found = position;
    return position.seq < acknowledged.seq;
  });
  if (found.offset !== acknowledged.offset || found.crc !== acknowledged.crc)
    throw new JournalDamagedError(path, found.seq + 1, found.offset, 'it is not what was written');
  const file = await fileSystem.open(path, 'append');
  try {
    await file.truncate(acknowledged.offset);
    return file;
  } catch (error) {
    await file.close().catch(() => {}); // the first error says more
    throw error;
  }
}
