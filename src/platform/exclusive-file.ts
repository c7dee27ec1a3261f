import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { link, readdir, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { LockAttempt } from './lock-attempt.js';
import { describeHolder, livingHolder } from './lock-holder.js';
import { identityOf, leadsTo } from './same-file.js';

/** So many of the latest files are left: one that is gone while a folder is read could be missed in it. */
const KEPT = 8;

/**
 * A lock for systems without flock(1): files `<path>.pid.<n>`, of which the one with the highest number
 * counts. It names the process that has the lock; dead, or emptied by release, it is followed by the next
 * number, which only one can make. A number is never used again, so that nobody who was slow can undo
 * what others have done since. Who has the lock by flock(1), because its PATH has one, is respected; and
 * a process of another machine or PID namespace, of which can't be told whether it lives.
 */
export async function exclusiveFile(path: string, now: string): Promise<LockAttempt> {
  // Each round is lost only to somebody else's success.
  for (;;) {
    const latest = await latestNumber(path);
    const taken = await livingHolder(numbered(path, latest));
    if (taken !== undefined) return taken;
    const mine = latest + 1;
    const file = await createWhole(numbered(path, mine), await describeHolder(now));
    if (file === undefined) continue;
    if ((await latestNumber(path)) === mine) return settled(path, mine, file);
    closeSync(file);
    await rm(numbered(path, mine), { force: true }); // made anew what had been cleared away
  }
}

/** Who has the lock of `path` by {@link exclusiveFile}; undefined when nobody that lives. */
export async function exclusiveHolder(path: string): ReturnType<typeof livingHolder> {
  return livingHolder(numbered(path, await latestNumber(path)));
}

/** The lock is had by us, unless somebody has it of the other kind. Clears away what others left. */
async function settled(path: string, mine: number, file: number): Promise<LockAttempt> {
  // By its descriptor: under its name may be somebody else's by then.
  const release = async (): Promise<void> => {
    ftruncateSync(file);
    closeSync(file);
  };
  const other = await livingHolder(path);
  if (other !== undefined) {
    await release();
    return other;
  }
  for (const number of await numbers(path))
    if (number <= mine - KEPT) await rm(numbered(path, number), { force: true });
  const identity = identityOf(file);
  return { held: { release, isInPlace: () => leadsTo(numbered(path, mine), identity) } };
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

/** The file with its content at once, by link(2), so that nobody meets an empty one; undefined when it is there. */
async function createWhole(path: string, content: string): Promise<number | undefined> {
  const aside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  const file = openSync(aside, 'wx', 0o600);
  try {
    writeFileSync(file, content);
    await link(aside, path);
    return file;
  } catch (error) {
    closeSync(file);
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return undefined;
  } finally {
    await rm(aside, { force: true });
  }
}
