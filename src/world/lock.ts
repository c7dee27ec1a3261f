import { spawn } from 'node:child_process';
import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { platform } from 'node:os';
import { z } from 'zod';
import { identify, isAlive } from './process-identity.js';

/** Who holds a lock, written into the lock file for people and for the error of a second opener. */
const holder = z.object({
  pid: z.number(),
  startTime: z.string(),
  bootId: z.string(),
  since: z.string(),
});
export type LockHolder = z.infer<typeof holder>;

/** A lock that is held. */
export interface HeldLock {
  release(): Promise<void>;
}

/** What became of an attempt to lock. */
export type LockAttempt =
  | { readonly held: HeldLock }
  | { readonly takenBy: LockHolder | undefined };

/** Locks that end with their process, as a port. */
export interface Locks {
  /** Takes the lock of this file, or tells who has it. `now` is written as `since`. */
  acquire(path: string, now: string): Promise<LockAttempt>;
}

/**
 * The machine's locks. Linux: flock(2) taken once by `flock(1)` on a descriptor this process keeps
 * open, so the kernel frees it at any death. Elsewhere, or without flock(1): an exclusively
 * created file that names its process; a dead one's file is taken over.
 */
export const systemLocks: Locks = {
  async acquire(path, now) {
    const taken = platform() === 'linux' ? await flock(path, now) : undefined;
    return taken ?? exclusiveFile(path, now);
  },
};

/** Exit status that util-linux flock gives for a conflict; busybox has the same. */
const CONFLICT = 1;

async function flock(path: string, now: string): Promise<LockAttempt | undefined> {
  const file = await open(path, 'a+', 0o600);
  try {
    const status = await flockStatus(file.fd);
    if (status === 0) {
      await file.truncate(0);
      await file.writeFile(await describe(now));
      return { held: { release: () => file.close() } };
    }
    const takenBy = status === CONFLICT ? await readHolder(path) : undefined;
    await file.close();
    return status === CONFLICT ? { takenBy } : undefined;
  } catch (error) {
    await closeQuietly(file);
    throw error;
  }
}

/** Undefined when there is no flock(1). */
function flockStatus(fd: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const child = spawn('flock', ['-n', '-x', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
    child.once('error', () => resolve(undefined));
    child.once('exit', (code) => resolve(code ?? undefined));
  });
}

async function exclusiveFile(path: string, now: string): Promise<LockAttempt> {
  for (let tries = 0; tries < 2; tries++) {
    try {
      const file = await open(`${path}.pid`, 'wx', 0o600);
      await file.writeFile(await describe(now));
      await file.close();
      return { held: { release: () => rm(`${path}.pid`, { force: true }) } };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const takenBy = await readHolder(`${path}.pid`);
      if (takenBy === undefined || (await isAlive(takenBy))) return { takenBy };
      await rm(`${path}.pid`, { force: true });
    }
  }
  return { takenBy: await readHolder(`${path}.pid`) };
}

async function describe(since: string): Promise<string> {
  const self = (await identify(process.pid)) ?? { pid: process.pid, startTime: '', bootId: '' };
  return `${JSON.stringify({ ...self, since })}\n`;
}

/** Undefined while the holder has not written itself down yet. */
async function readHolder(path: string): Promise<LockHolder | undefined> {
  try {
    return holder.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

async function closeQuietly(file: FileHandle): Promise<void> {
  await file.close().catch(() => {}); // the error that led here matters more
}
