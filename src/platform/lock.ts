import { spawn } from 'node:child_process';
import { closeSync, constants, ftruncateSync, openSync, writeSync } from 'node:fs';
import { platform } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { exclusiveFile, exclusiveHolder } from './exclusive-file.js';
import type { LockAttempt } from './lock-attempt.js';
import { describeHolder, type LockHolder, livingHolder } from './lock-holder.js';
import { openOwn } from './own-file.js';
import { identityOf, leadsTo } from './same-file.js';

/** Locks that end with their process, as a port. */
export interface Locks {
  /** Takes the lock of this file, or tells who has it. `now` is written as `since`. Throws what the system says. */
  acquire(path: string, now: string): Promise<LockAttempt>;
}

/**
 * The machine's locks. Linux: flock(2) taken once by `flock(1)` on a descriptor this process keeps
 * open, so the kernel frees it at any death; then of the file's folder in the same way, so that nobody gets the
 * lock by removing the file. Elsewhere, without flock(1), and on file systems that
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
  const [file] = await openOwn(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT);
  const open = [file];
  try {
    const status = await flockStatus(file);
    const folder = status === 0 ? await lockedFolder(path, open) : undefined;
    if (status === 0 && folder !== 'taken') return await written({ path, file, folder, open }, now);
    closeAll(open);
    return status === 0 || status === CONFLICT ? { takenBy: await readHolderOf(path) } : undefined;
  } catch (error) {
    closeAll(open);
    throw error;
  }
}

/** Locks the folder of the lock file too: its descriptor, undefined where folders can't be locked, or that another process has it. */
async function lockedFolder(path: string, open: number[]): Promise<number | undefined | 'taken'> {
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  open.push(folder);
  const status = await flockStatus(folder);
  if (status === CONFLICT) return 'taken';
  return status === 0 ? folder : undefined;
}

interface Flocked {
  readonly path: string;
  /** Descriptors: of the lock file, of its folder if that is locked too, and of all that is open. */
  readonly file: number;
  readonly folder: number | undefined;
  readonly open: readonly number[];
}

/** Writes down who holds the lock, then looks who holds the other kind: of two who do so, one sees the other. */
async function written({ path, file, folder, open }: Flocked, now: string): Promise<LockAttempt> {
  const release = async (): Promise<void> => {
    blot(file);
    closeAll(open); // what frees it
  };
  blot(file, await describeHolder(now));
  const other = await exclusiveHolder(path);
  if (other !== undefined) {
    await release();
    return other;
  }
  const [name, fd] = folder === undefined ? [path, file] : [dirname(path), folder];
  const identity = identityOf(fd);
  return { held: { release, isInPlace: () => leadsTo(name, identity) } };
}

/** The text is for people: a lock on a full disk is a lock. */
function blot(file: number, text = ''): void {
  try {
    ftruncateSync(file);
    if (text !== '') writeSync(file, text);
  } catch {
    // nobody is told who has it
  }
}

function closeAll(open: readonly number[]): void {
  for (const fd of open) closeSync(fd);
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
async function readHolderOf(path: string): Promise<LockHolder | undefined> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const found = await livingHolder(path);
    if (found !== undefined) return found.takenBy;
    await delay(LOOK_MS);
  }
  return undefined;
}

const LOOKS = 5;
const LOOK_MS = 10;
