import { setTimeout as delay } from 'node:timers/promises';
import { sendSignal } from './process-group.js';
import { processTable } from './process-table.js';
import { type ProcessName, processTreeOf } from './process-tree.js';

const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 200;

/** Empty looks in a row that prove nothing is left: one alone may miss a process that forks and ends meanwhile. */
const EMPTY_LOOKS = 2;

/**
 * Kills every process of an attempt, and those they start meanwhile, until none is left. Takes as
 * long as that takes: a process in uninterruptible sleep is waited for, since it is still there.
 */
export async function killTree(cookie: string, known: readonly ProcessName[] = []): Promise<void> {
  let family = known;
  let wait = FIRST_WAIT_MS;
  for (let empty = 0; empty < EMPTY_LOOKS; ) {
    family = processTreeOf(await processTable(), cookie, family);
    empty = family.length === 0 ? empty + 1 : 0;
    if (family.length === 0) continue;
    for (const { pid } of family) sendSignal(pid, 'SIGKILL');
    await delay(wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}
