import { setTimeout as delay } from 'node:timers/promises';
import { killTree } from '../process/kill-tree.js';
import { sendSignal } from '../process/process-group.js';
import { processTable } from '../process/process-table.js';
import { processTreeOf } from '../process/process-tree.js';
import { filterCookie } from './filter.js';
import { ASK, readProgress, WORDS } from './progress.js';

const LOOK_MS = 50;
/** A filter that has nobody to wait for ends as soon as it has caught up; on a busy machine that takes a while. */
const PATIENCE_MS = 60_000;

/**
 * Resolves when the filter of an attempt that has ended is through with what it printed; whether all of that is in the
 * logs. A filter whose pipes something of the attempt holds open (a server it has left running) is asked to say when it has caught
 * up, and goes on; one that nothing known holds open any more is ended after a while. `folder` is the attempt's private
 * one, `ended` the filter's end, where it is our child.
 */
export async function drained(
  cookie: string,
  folder: string,
  ended: Promise<void> | undefined,
): Promise<boolean> {
  let isOver = false;
  void ended?.then(() => {
    isOver = true;
  });
  let isAsked = false;
  for (const began = performance.now(); ; ) {
    await Promise.race([ended ?? delay(LOOK_MS), delay(LOOK_MS)]);
    if (isOver) return isWhole(folder, 'done');
    const table = await processTable();
    const filter = processTreeOf(table, filterCookie(cookie));
    if (ended === undefined && filter.length === 0) return isWhole(folder, 'done');
    if (isAsked && isSaid(folder, 'caughtUp')) return isWhole(folder, 'caughtUp');
    const isHeldOpen = processTreeOf(table, cookie).length > 0;
    if (performance.now() - began > PATIENCE_MS) {
      if (!isHeldOpen) await killTree(filterCookie(cookie));
      return false;
    }
    if (isAsked || !isHeldOpen || !isSaid(folder, 'ready')) continue;
    isAsked = true;
    for (const { pid } of filter) sendSignal(pid, ASK);
  }
}

function isSaid(folder: string, word: keyof typeof WORDS): boolean {
  return readProgress(folder)?.includes(WORDS[word]) ?? false;
}

/** Where nothing is to be read, its result was kept before, or the attempt was never begun. */
function isWhole(folder: string, word: keyof typeof WORDS): boolean {
  const said = readProgress(folder);
  return said === undefined || (said.includes(WORDS[word]) && !said.includes(WORDS.lost));
}
