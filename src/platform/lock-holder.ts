import { createHash } from 'node:crypto';
import { closeSync, constants, readFileSync, readlinkSync, readSync } from 'node:fs';
import { hostname } from 'node:os';
import type { z } from 'zod';
import { lazySchema } from '../lazy-import.js';
import { openOwn } from './own-file.js';
import { identify, isAlive } from './process-identity.js';

/** Who holds a lock, written into the lock file for people and for the error of a second opener. */
const holder = lazySchema((z) =>
  z.object({
    pid: z.number(),
    startTime: z.string(),
    bootId: z.string(),
    since: z.string(),
    /** Name of the machine, for folders that several mount. */
    host: z.string().optional(),
    /** Digest of the machine's own id, where it has one. */
    machine: z.string().optional(),
    /** Where the pid means something: `pid:[4026531836]`. */
    pidNamespace: z.string().optional(),
  }),
);
export type LockHolder = z.infer<ReturnType<typeof holder>>;

/** Longest text of a lock file that is looked at, bytes. */
const MAX_BYTES = 4096;

/** This process as a holder, as text for a file. */
export async function describeHolder(since: string): Promise<string> {
  const self = (await identify(process.pid)) ?? { pid: process.pid, startTime: '', bootId: '' };
  return `${JSON.stringify({ ...self, since, ...here() })}\n`;
}

/** Who a lock file names; undefined when there is no file, or nothing in it that names a process. Throws UnsafeFileError. */
export async function readHolder(path: string): Promise<LockHolder | undefined> {
  const text = await readText(path);
  try {
    return holder().parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Who a lock file names, unless that very process has ended. `unsure` when it can't be told from here, because its pid
 * is one of another machine or another PID namespace. Throws UnsafeFileError.
 */
export async function livingHolder(
  path: string,
): Promise<{ readonly takenBy: LockHolder; readonly unsure?: string } | undefined> {
  const found = await readHolder(path);
  if (found === undefined) return undefined;
  switch (await lifeOf(found)) {
    case 'alive':
      return { takenBy: found };
    case 'unknown':
      return { takenBy: found, unsure: path };
    default:
      return undefined;
  }
}

/** Files of earlier versions don't name the namespace, and may not name the machine: what they don't say counts as the same. */
async function lifeOf(found: LockHolder): Promise<'alive' | 'dead' | 'unknown'> {
  const { host, machine, pidNamespace } = here();
  if (differs(found.host, host) || differs(found.machine, machine)) return 'unknown';
  const self = await identify(process.pid);
  // The machine was started anew: nothing of before is left, in whatever namespace it was.
  if (self !== undefined && found.bootId !== self.bootId) return 'dead';
  if (differs(found.pidNamespace, pidNamespace)) return 'unknown';
  return (await isAlive(found)) ? 'alive' : 'dead';
}

function differs(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

type Place = Pick<LockHolder, 'host' | 'machine' | 'pidNamespace'>;

function here(): Place {
  const id = known(() => readFileSync('/etc/machine-id', 'utf8').trim());
  const machine = id ? createHash('sha256').update(`nuflow ${id}`).digest('hex').slice(0, 16) : id;
  return {
    host: hostname(),
    machine: machine || undefined,
    pidNamespace: known(() => readlinkSync('/proc/self/ns/pid')),
  };
}

function known(look: () => string): string | undefined {
  try {
    return look();
  } catch {
    return undefined; // this system has none
  }
}

async function readText(path: string): Promise<string> {
  const file = await openOwn(path, constants.O_RDONLY).catch((error: NodeJS.ErrnoException) => {
    if (error.code?.startsWith('NUFLOW_')) throw error;
    return undefined;
  });
  if (file === undefined) return '';
  const [fd] = file;
  try {
    const bytes = Buffer.alloc(MAX_BYTES);
    return bytes.toString('utf8', 0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}
