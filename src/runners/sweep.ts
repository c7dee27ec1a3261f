import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { sendSignal } from './process-group.js';

/** Variable by which every process of an attempt is known, whatever group or session it moved to. */
export const COOKIE = 'NUFLOW_COOKIE';

/**
 * Pids of the living processes that have the cookie in the environment they were started with.
 * Linux only: elsewhere there is no /proc and the answer is empty, so only process groups are
 * stopped there. A descendant that was started with an empty environment, or as another user, is not found.
 */
export function findByCookie(cookie: string): number[] {
  const wanted = `${COOKIE}=${cookie}`;
  return processIds().filter((pid) => environmentOf(pid).split('\0').includes(wanted));
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return ''; // ended meanwhile, or someone else's
  }
}

/** Process group of a process, or undefined when it is gone (or there is no /proc). */
export function groupOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Fields 3 to 5 of proc(5) stat: state, parent, group; the name before them ends with the last parenthesis.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
  } catch {
    return undefined;
  }
}

const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 200;

/**
 * Kills every process with the cookie, and those they start meanwhile, until none is left. Takes as
 * long as that takes: a process in uninterruptible sleep is waited for, since it is still there.
 */
export async function sweep(cookie: string): Promise<void> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    const pids = findByCookie(cookie);
    if (pids.length === 0) return;
    for (const pid of pids) sendSignal(pid, 'SIGKILL');
    await delay(wait);
  }
}
