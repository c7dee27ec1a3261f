import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isDescriptorShortage, withDescriptors } from './descriptors.js';

/** A process, named so that a reused pid is not mistaken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat on Linux, `ps -o lstart` elsewhere. */
  readonly startTime: string;
  /** /proc/sys/kernel/random/boot_id on Linux, empty elsewhere. */
  readonly bootId: string;
}

/**
 * Who a process is: a pid alone says little, since pids are reused and zombies still answer signals.
 * Linux reads /proc; elsewhere `ps` gives the start time, to the second, and there is no boot id. Undefined
 * when there is no such process; when it can't be looked just now (no descriptor left), it waits until it can.
 */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  return platform() === 'linux' ? withDescriptors(() => identifyLinux(pid)) : identifyByPs(pid);
}

/** Whether that very process still runs. A zombie does not: its work has ended. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const now = await identify(identity.pid);
  return (
    now !== undefined && now.startTime === identity.startTime && now.bootId === identity.bootId
  );
}

/**
 * Who a child of this process is that was not waited for yet: also when it has ended by now, since until
 * then nobody else gets its pid. Undefined where there is no /proc, or it can't be read just now.
 */
export function identifyChild(pid: number): ProcessIdentity | undefined {
  if (platform() !== 'linux') return undefined;
  try {
    const startTime = readStat(pid)?.startTime;
    return startTime === undefined ? undefined : { pid, startTime, bootId: bootId() };
  } catch {
    return undefined;
  }
}

function identifyLinux(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return undefined;
  return { pid, startTime: stat.startTime, bootId: bootId() };
}

function readStat(pid: number): { state: string; startTime: string } | undefined {
  const stat = readProc(`${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command in parentheses may hold spaces and parentheses itself: fields count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ', STARTTIME + 1);
  const [state] = fields;
  const startTime = fields[STARTTIME];
  return state === undefined || startTime === undefined ? undefined : { state, startTime };
}

/** Field 22 of proc(5) stat, counted from field 3. */
const STARTTIME = 22 - 3;

let knownBootId: string | undefined;
function bootId(): string {
  knownBootId ??= readProc('sys/kernel/random/boot_id')?.trim() ?? '';
  return knownBootId;
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch (error) {
    if (isDescriptorShortage(error)) throw error; // that it is gone would be a lie
    return undefined; // gone, or none of our business
  }
}

/** The start time as everybody writes it, whatever the locale and time zone. */
const PS_ENVIRONMENT = { LC_ALL: 'C', TZ: 'UTC' };
const RETRY_MS = 50;

async function identifyByPs(pid: number): Promise<ProcessIdentity | undefined> {
  const args = ['-o', 'stat=,lstart=', '-p', String(pid)];
  for (;;) {
    try {
      const { stdout } = await ps(args);
      const [, state, startTime] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout) ?? [];
      return startTime === undefined || state?.startsWith('Z')
        ? undefined
        : { pid, startTime, bootId: '' };
    } catch (error) {
      // A number is ps's own exit code: there is no such process. Anything else may be another time.
      const { code } = error as { readonly code?: unknown };
      if (typeof code === 'number' || code === 'ENOENT') return undefined;
      await delay(RETRY_MS);
    }
  }
}

const MAX_BYTES = 64 * 1024 * 1024;

/** What ps(1) says. Rejects with its exit code, or what keeps it from running, as `code`. */
export function ps(args: readonly string[]): Promise<{ readonly stdout: string }> {
  const env = { ...process.env, ...PS_ENVIRONMENT };
  return promisify(execFile)('ps', args, { env, maxBuffer: MAX_BYTES });
}
