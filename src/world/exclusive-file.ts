import { randomBytes } from 'node:crypto';
import { link, rename, rm, writeFile } from 'node:fs/promises';
import type { LockAttempt } from './lock.js';
import { describeHolder, livingHolder, readHolder } from './lock-holder.js';

/** Attempts to take over from dead holders; each is lost only to somebody else's success. */
const TAKEOVERS = 3;

/** The file that holds the lock of `path` where there is no flock(1). */
export function exclusivePath(path: string): string {
  return `${path}.pid`;
}

/**
 * A lock for systems without flock(1): a file of its own that names its process; a dead one's is taken
 * over. Who holds the lock by flock(1), because its PATH has one, is respected.
 */
export async function exclusiveFile(path: string, now: string): Promise<LockAttempt> {
  const name = exclusivePath(path);
  const release = (): Promise<void> => rm(name, { force: true });
  for (let tries = 0; tries <= TAKEOVERS; tries++) {
    if (await createWhole(name, await describeHolder(now))) {
      const other = await livingHolder(path);
      if (other === undefined) return { held: { release } };
      await release();
      return { takenBy: other };
    }
    const takenBy = await livingHolder(name);
    if (takenBy !== undefined) return { takenBy };
    await removeStale(name);
  }
  return { takenBy: await readHolder(name) };
}

/** The file with its content at once, by link(2), so that nobody meets an empty one; false when it is there. */
async function createWhole(path: string, content: string): Promise<boolean> {
  const aside = nameAside(path);
  await writeFile(aside, content, { mode: 0o600, flag: 'wx' });
  try {
    await link(aside, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(aside, { force: true });
  }
}

/**
 * Moves a dead holder's file away before removing it: of two who find it, one moves it. Should what
 * was moved turn out to be a living one's, who was quicker, it is put back.
 */
async function removeStale(path: string): Promise<void> {
  const aside = nameAside(path);
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await livingHolder(aside)) !== undefined) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

function nameAside(path: string): string {
  return `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
}
