import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { FileSystem } from '../../platform/file-system.js';
import { syncFolder } from './sync-folder.js';
import { writeFully } from './write-fully.js';

/** Bytes written between two turns of the event loop: a big file must not hold up everything else. */
const PIECE = 1024 * 1024;

/**
 * Writes a file so that under its name it is whole and on disk, or as it was before, whatever happens:
 * aside, synced, renamed, folder synced; mode 0600. Its folder must be there. What was written aside is
 * removed when it can't be finished. Throws what the file system says.
 */
export async function writeDurably(
  fileSystem: FileSystem,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const aside = `${path}.tmp`;
  await fileSystem.remove(aside);
  try {
    await writeAside(fileSystem, aside, bytes);
    await fileSystem.rename(aside, path);
  } catch (error) {
    await fileSystem.remove(aside).catch(() => {}); // the first error says more
    throw error;
  }
  await syncFolder(fileSystem, dirname(path));
}

async function writeAside(fileSystem: FileSystem, aside: string, bytes: Uint8Array): Promise<void> {
  const file = await fileSystem.open(aside, 'create');
  try {
    for (let at = 0; at < bytes.length; at += PIECE) {
      if (at > 0) await setImmediate();
      writeFully(file, bytes.subarray(at, at + PIECE));
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
