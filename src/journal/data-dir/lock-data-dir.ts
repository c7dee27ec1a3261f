import { DataDirLockedError, NuflowError } from '../../errors.js';
import type { HeldLock } from '../../platform/lock-attempt.js';
import type { Platform } from '../../platform/platform.js';
import { DataDirError, DataDirMovedError, LockedElsewhereError } from '../storage-errors.js';
import type { DataDir } from './data-dir.js';

/** Takes a data directory for this process. Throws DataDirLockedError, LockedElsewhereError, DataDirError, UnsafeFileError. */
export async function lockDataDir({ locks, clock }: Platform, dir: DataDir): Promise<HeldLock> {
  const now = new Date(clock.now()).toISOString();
  const attempt = await locks.acquire(dir.lockPath, now).catch((error: unknown) => {
    throw error instanceof NuflowError ? error : new DataDirError(dir.path, error);
  });
  if ('held' in attempt) return attempt.held;
  const { unsure, takenBy } = attempt;
  if (unsure !== undefined) throw new LockedElsewhereError(dir.path, unsure, takenBy);
  throw new DataDirLockedError(dir.path, takenBy?.pid, takenBy?.since);
}

/** Throws DataDirMovedError when the directory, or its lock file, is not the one any more that is locked. */
export function inPlaceAssertion({ path }: DataDir, lock: HeldLock): () => void {
  return () => {
    if (!lock.isInPlace()) throw new DataDirMovedError(path);
  };
}
