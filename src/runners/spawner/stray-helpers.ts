import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessEntry } from '../process/process-entry.js';
import { sendSignal } from '../process/process-group.js';
import { processTable } from '../process/process-table.js';

const PREFIX = 'spawner';
/** How often is looked for helpers, ms. */
const LOOK_MS = 5;
/** A helper that runs notices the death of its orchestrator at once, ms; and no fork takes so long to become its program. */
const PATIENCE_MS = 10_000;

/** The cookie of a helper of this process. */
export function helperCookie(): string {
  return `${PREFIX}-${process.pid}-${randomBytes(12).toString('hex')}`;
}

/**
 * Resolves when no helper with such a cookie is left, nor a fork of one: that has its helper's
 * environment until it becomes the program that it is meant to be.
 */
export async function helpersGone(isMeant: (cookie: string) => boolean): Promise<void> {
  const isLeft = ({ cookie }: ProcessEntry): boolean => cookie !== undefined && isMeant(cookie);
  while ((await processTable()).some(isLeft)) await delay(LOOK_MS);
}

/**
 * Resolves when no orchestrator that died can start anything more through its helper, which outlives it
 * by a moment. Whoever takes over an attempt that is not to be found looks again after that.
 *
 * A helper that is still there after `patienceMs` never got ready (see HelperLink): it notices nothing, and is ended.
 */
export async function strayHelpersGone(patienceMs: number = PATIENCE_MS): Promise<void> {
  for (const began = performance.now(); ; ) {
    const table = await processTable();
    const helpers = table.filter(({ cookie }) => cookie?.startsWith(`${PREFIX}-`));
    const stray = helpers.filter((entry) => isStray(entry, helpers));
    if (stray.length === 0) return;
    if (performance.now() - began > patienceMs)
      for (const { pid } of stray) sendSignal(pid, 'SIGKILL');
    await delay(LOOK_MS);
  }
}

/** Whether it lost its parent: of a helper, the process that its cookie names; of a fork of one, the helper. */
function isStray(entry: ProcessEntry, helpers: readonly ProcessEntry[]): boolean {
  const parentPid = Number(entry.cookie?.split('-')[1]);
  if (entry.parent === parentPid) return false;
  const isFork = helpers.some(({ pid, cookie }) => pid === entry.parent && cookie === entry.cookie);
  return !isFork && hasOurPids(entry.pid);
}

/** Whether a process counts pids as this one does; in a container with pids of its own the cookie means others. */
function hasOurPids(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`) === readlinkSync('/proc/self/ns/pid');
  } catch {
    return false; // gone, or somebody else's
  }
}
