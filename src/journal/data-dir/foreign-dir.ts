import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';

/** Made after the lock, which stays: without one they are something else's. */
const AFTER_LOCK: readonly string[] = ['reserve', 'standby', 'index.json'];
/** What a lock file begins with that names a process; released, it is empty. */
const HOLDER = '{"pid"';

/**
 * That a directory without our folder `runs` has no files of something else where ours would be: they would be written over. An
 * Error that says which.
 */
export async function assertNotTaken(
  fileSystem: FileSystem,
  path: string,
  names: readonly string[],
): Promise<void> {
  const hasLock = names.some((name) => name === 'lock' || name.startsWith('lock.pid.'));
  const taken = hasLock ? [] : AFTER_LOCK.filter((name) => names.includes(name));
  if (names.includes('lock') && !(await isLock(fileSystem, join(path, 'lock')))) taken.push('lock');
  if (taken.length === 0) return;
  throw new Error(
    `it is no data directory, and its ${taken.join(', ')} would be written over; name an empty directory or a new one`,
  );
}

async function isLock(fileSystem: FileSystem, path: string): Promise<boolean> {
  const file = await fileSystem.open(path, 'read');
  try {
    const beginning = Buffer.alloc(HOLDER.length);
    const length = await file.read(beginning, 0);
    return length === 0 || beginning.toString('latin1') === HOLDER;
  } finally {
    await file.close();
  }
}
