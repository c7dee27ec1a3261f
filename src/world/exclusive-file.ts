import { randomBytes } from 'node:crypto';
import { link, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { LockAttempt } from './lock-attempt.js';
import { describeHolder, type LockHolder, livingHolder } from './lock-holder.js';

/** So many of the latest files are left: one that is gone while a folder is read could be missed in it. */
const KEPT = 8;

/**
 * A lock for systems without flock(1): files `<path>.pid.<n>`, of which the one with the highest number
 * counts. It names the process that has the lock; dead, or emptied by release, it is followed by the next
 * number, which only one can make. A number is never used again, so that nobody who was slow can undo
 * what others have done since. Who has the lock by flock(1), because its PATH has one, is respected.
 */
export async function exclusiveFile(path: string, now: string): Promise<LockAttempt> {
  // Each round is lost only to somebody else's success.
  for (;;) {
    const latest = await latestNumber(path);
    const takenBy = await livingHolder(numbered(path, latest));
    if (takenBy !== undefined) return { takenBy };
    const mine = latest + 1;
    if (!(await createWhole(numbered(path, mine), await describeHolder(now)))) continue;
    if ((await latestNumber(path)) === mine) return settled(path, mine);
    await rm(numbered(path, mine), { force: true }); // made anew what had been cleared away
  }
}

/** Who has the lock of `path` by {@link exclusiveFile}; undefined when nobody that lives. */
export async function exclusiveHolder(path: string): Promise<LockHolder | undefined> {
  return livingHolder(numbered(path, await latestNumber(path)));
}

/** The lock is had by us, unless somebody has it of the other kind. Clears away what others left. */
async function settled(path: string, mine: number): Promise<LockAttempt> {
  const release = (): Promise<void> => emptied(numbered(path, mine));
  const other = await livingHolder(path);
  if (other !== undefined) {
    await release();
    return { takenBy: other };
  }
  for (const number of await numbers(path))
    if (number <= mine - KEPT) await rm(numbered(path, number), { force: true });
  return { held: { release } };
}

function numbered(path: string, number: number): string {
  return `${path}.pid.${number}`;
}

async function latestNumber(path: string): Promise<number> {
  return Math.max(0, ...(await numbers(path)));
}

async function numbers(path: string): Promise<number[]> {
  const prefix = `${basename(path)}.pid.`;
  const names = await readdir(dirname(path));
  return names
    .filter((name) => name.startsWith(prefix) && /^\d{1,15}$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)));
}

/** The file with its content at once, by link(2), so that nobody meets an empty one; false when it is there. */
async function createWhole(path: string, content: string): Promise<boolean> {
  const aside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
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

/** No error when the file is gone: its whole folder may have been removed. */
async function emptied(path: string): Promise<void> {
  await truncate(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
