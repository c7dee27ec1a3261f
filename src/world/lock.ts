import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname, platform } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { identify, isAlive } from './process-identity.js';

/** Who holds a lock, written into the lock file for people and for the error of a second opener. */
const holder = z.object({
  pid: z.number(),
  startTime: z.string(),
  bootId: z.string(),
  since: z.string(),
  /** Name of the machine, for folders that several mount. */
  host: z.string().optional(),
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
    const takenBy = status === CONFLICT ? await readLiveHolder(path) : undefined;
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

/** Attempts to take over from dead holders; each is lost only to somebody else's success. */
const TAKEOVERS = 3;

/** For systems without flock(1). Exported for its test. */
export async function exclusiveFile(path: string, now: string): Promise<LockAttempt> {
  const name = `${path}.pid`;
  for (let tries = 0; tries <= TAKEOVERS; tries++) {
    if (await createWhole(name, await describe(now)))
      return { held: { release: () => rm(name, { force: true }) } };
    const takenBy = await readHolder(name);
    if (takenBy !== undefined && (await isAlive(takenBy))) return { takenBy };
    await removeStale(name);
  }
  return { takenBy: await readHolder(name) };
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

/**
 * Moves a dead holder's file away before removing it: of two who find it, one moves it. Should what
 * was moved turn out to be a living one's, who was quicker, it is put back.
 */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = await readHolder(aside);
  if (moved !== undefined && (await isAlive(moved))) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function describe(since: string): Promise<string> {
  const self = (await identify(process.pid)) ?? { pid: process.pid, startTime: '', bootId: '' };
  return `${JSON.stringify({ ...self, since, host: hostname() })}\n`;
}

/** Undefined when there is no file, or nothing in it that names a process. */
async function readHolder(path: string): Promise<LockHolder | undefined> {
  try {
    return holder.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Looks again a few times: a holder has the lock a moment before it has written itself down. */
async function readLiveHolder(path: string): Promise<LockHolder | undefined> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const found = await readHolder(path);
    if (found !== undefined && (await isAlive(found))) return found;
    await delay(LOOK_MS);
  }
  return undefined;
}

const LOOKS = 5;
const LOOK_MS = 10;

async function closeQuietly(file: FileHandle): Promise<void> {
  await file.close().catch(() => {}); // the error that led here matters more
}
