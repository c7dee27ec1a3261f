import { DataDirLockedError } from '../errors.js';
import type { HeldLock } from '../world/lock-attempt.js';
import type { World } from '../world/world.js';
import type { DataDir } from './data-dir.js';

/** Takes a data directory for this process. Throws DataDirLockedError. */
export async function lockDataDir({ locks, clock }: World, dir: DataDir): Promise<HeldLock> {
  const attempt = await locks.acquire(dir.lockPath, new Date(clock.now()).toISOString());
  if ('held' in attempt) return attempt.held;
  throw new DataDirLockedError(dir.path, attempt.takenBy?.pid, attempt.takenBy?.since);
}
