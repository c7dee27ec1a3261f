import { spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { platform } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { exclusiveFile, exclusiveHolder } from './exclusive-file.js';
import type { LockAttempt } from './lock-attempt.js';
import { describeHolder, type LockHolder, livingHolder } from './lock-holder.js';

/** Locks that end with their process, as a port. */
export interface Locks {
  /** Takes the lock of this file, or tells who has it. `now` is written as `since`. Throws what the system says. */
  acquire(path: string, now: string): Promise<LockAttempt>;
}

/**
 * The machine's locks. Linux: flock(2) taken once by `flock(1)` on a descriptor this process keeps
 * open, so the kernel frees it at any death. Elsewhere, without flock(1), and on file systems that
 * know no flock: an exclusively created file that names its process; a dead one's file is taken over.
 * Each kind respects the other.
 */
export const systemLocks: Locks = {
  async acquire(path, now) {
    const taken = platform() === 'linux' ? await flock(path, now) : undefined;
    return taken ?? exclusiveFile(path, now);
  },
};

/** Exit status that util-linux flock gives for a conflict; busybox has the same. */
const CONFLICT = 1;

/** Undefined when the lock can't be had this way. */
async function flock(path: string, now: string): Promise<LockAttempt | undefined> {
  const file = await open(path, 'a+', 0o600);
  try {
    const status = await flockStatus(file.fd);
    if (status === 0) return await written(file, path, now);
    const takenBy = status === CONFLICT ? await readLivingHolder(path) : undefined;
    await file.close();
    return status === CONFLICT ? { takenBy } : undefined;
  } catch (error) {
    await closeQuietly(file);
    throw error;
  }
}

/** Kept from the garbage collector, which would close them and so free their locks. */
const heldFiles = new Set<FileHandle>();

/** Writes down who holds the lock, then looks who holds the other kind: of two who do so, one sees the other. */
async function written(file: FileHandle, path: string, now: string): Promise<LockAttempt> {
  await file.truncate(0);
  await file.writeFile(await describeHolder(now));
  heldFiles.add(file);
  const release = async (): Promise<void> => {
    heldFiles.delete(file);
    await file.truncate(0).catch(() => {}); // closing is what frees it
    await file.close();
  };
  const takenBy = await exclusiveHolder(path);
  if (takenBy === undefined) return { held: { release } };
  await release();
  return { takenBy };
}

/**
 * What flock(1) says of a descriptor; undefined when there is none. That it can't be started now is no
 * reason to lock in another way: another process may have it by flock.
 */
function flockStatus(fd: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['-n', '-x', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
    child.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? resolve(undefined) : reject(error),
    );
    child.once('exit', (code, signal) =>
      code === null ? reject(new Error(`flock was ended by ${signal}`)) : resolve(code),
    );
  });
}

/** Looks again a few times: a holder has the lock a moment before it has written itself down. */
async function readLivingHolder(path: string): Promise<LockHolder | undefined> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const found = await livingHolder(path);
    if (found !== undefined) return found;
    await delay(LOOK_MS);
  }
  return undefined;
}

const LOOKS = 5;
const LOOK_MS = 10;

async function closeQuietly(file: FileHandle): Promise<void> {
  await file.close().catch(() => {}); // the error that led here matters more
}
