import { setTimeout as delay } from 'node:timers/promises';
import { familyOf } from '../family.js';
import { processTable } from '../process-table.js';
import { sweep } from '../sweep.js';
import { filterCookie } from './filter.js';

const LOOK_MS = 50;
/** A filter that has nobody to wait for ends as soon as it has caught up; on a busy machine that takes a while. */
const PATIENCE_MS = 60_000;
/** How long it is waited for while something of the attempt goes on printing: what was printed before is through by then. */
const SHORT_PATIENCE_MS = 5_000;

/**
 * Resolves when the filter of an attempt that has ended is through with what it printed. A filter whose pipes
 * something of the attempt holds open (a server it has left running) goes on; one that nothing known holds
 * open any more is ended after a while. `ended` is the filter's end, where it is our child.
 */
export async function drained(cookie: string, ended: Promise<void> | undefined): Promise<void> {
  let isOver = false;
  void ended?.then(() => {
    isOver = true;
  });
  for (const began = performance.now(); ; ) {
    await Promise.race([ended ?? delay(LOOK_MS), delay(LOOK_MS)]);
    if (isOver) return;
    const table = await processTable();
    if (ended === undefined && familyOf(table, filterCookie(cookie)).length === 0) return;
    const waited = performance.now() - began;
    if (familyOf(table, cookie).length > 0) {
      if (waited > SHORT_PATIENCE_MS) return;
    } else if (waited > PATIENCE_MS) return sweep(filterCookie(cookie));
  }
}
