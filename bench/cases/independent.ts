import type { Case, Scale } from '../harness/contender.js';
import { sequentialSyncs } from '../peers/disk.js';
import { nuflow } from '../peers/nuflow.js';
import { independent } from '../shapes.js';

/** How much the engine costs a task, and how well syncs are shared: nothing waits for anything. */
export function independentCase({ quick }: Scale): Case {
  const size = quick ? 10_000 : 100_000;
  return {
    name: 'independent no-ops',
    unit: 'tasks',
    size,
    contenders: [sequentialSyncs(size), nuflow(independent(size))],
  };
}
