import { DataDirLockedError } from '../errors.js';
import type { HeldLock } from '../world/lock-attempt.js';
import type { World } from '../world/world.js';
import type { DataDir } from './data-dir.js';
import { DataDirError } from './storage-errors.js';

/** Takes a data directory for this process. Throws DataDirLockedError, DataDirError. */
export async function lockDataDir({ locks, clock }: World, dir: DataDir): Promise<HeldLock> {
  const now = new Date(clock.now()).toISOString();
  const attempt = await locks.acquire(dir.lockPath, now).catch((error: unknown) => {
    throw new DataDirError(dir.path, error);
  });
  if ('held' in attempt) return attempt.held;
  throw new DataDirLockedError(dir.path, attempt.takenBy?.pid, attempt.takenBy?.since);
}
