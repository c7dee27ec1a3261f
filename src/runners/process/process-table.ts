import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isDescriptorShortage } from '../../platform/descriptors.js';
import type { ProcessEntry } from './process-entry.js';
import { psTable } from './ps-table.js';

/** Variable by which every process of an attempt is known, whatever group or session it moved to. */
export const COOKIE = 'NUFLOW_COOKIE';

let pending: Promise<readonly ProcessEntry[]> | undefined;

/**
 * All living processes, looked up after the call. Calls made before the look-up begins share it, so
 * that stopping a thousand tasks does not read /proc a thousand times. Without cookies where there is no
 * /proc, see {@link seesCookies}, and empty where there is no ps(1) either. Never rejects: without a
 * descriptor to read with, it waits for one, since "none" would be a lie.
 */
export function processTable(): Promise<readonly ProcessEntry[]> {
  pending ??= new Promise((resolve) => {
    setImmediate(() => {
      pending = undefined;
      resolve(readProcessTable());
    });
  });
  return pending;
}

/** Whether the environments of processes can be read here, and an attempt be found by its cookie alone. */
export function seesCookies(): boolean {
  return platform() === 'linux' && existsSync('/proc/self/environ');
}

const RETRY_MS = 50;

async function readProcessTable(): Promise<readonly ProcessEntry[]> {
  for (;;) {
    try {
      return seesCookies() ? procTable() : await psTable();
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (code === 'ENOENT' || typeof code === 'number') return []; // there is no ps, or it knows no such columns
      await delay(RETRY_MS);
    }
  }
}

function procTable(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(readEntry)
    .filter((entry) => entry !== undefined);
}

function readEntry(pid: string): ProcessEntry | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // proc(5): the name in parentheses may hold anything, so fields count from the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group] = fields;
  const startTime = fields[STARTTIME];
  // A zombie has ended; it only waits for its parent to notice.
  if (startTime === undefined || state === 'Z' || state === 'X') return undefined;
  const cookie = cookieOf(read(`/proc/${pid}/environ`));
  return { pid: Number(pid), parent: Number(parent), group: Number(group), startTime, cookie };
}

/** Field 22 of proc(5) stat, counted from field 3. */
const STARTTIME = 22 - 3;
const PREFIX = `${COOKIE}=`;

function cookieOf(environ: string): string | undefined {
  if (!environ.includes(PREFIX)) return undefined;
  const entry = environ.split('\0').find((variable) => variable.startsWith(PREFIX));
  return entry?.slice(PREFIX.length);
}

/** Empty when the process ended meanwhile or is someone else's. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (isDescriptorShortage(error)) throw error;
    return '';
  }
}
