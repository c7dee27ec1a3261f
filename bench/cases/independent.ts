import type { Case, Scale } from '../harness/contender.js';
import { sequentialSyncs } from '../peers/disk.js';
import { nuflow } from '../peers/nuflow.js';
import { orchestrators } from '../peers/orchestrators.js';
import { independent } from '../shapes.js';

/** How much the engine costs a task, and how well syncs are shared: nothing waits for anything. */
export function independentCase({ quick }: Scale): Case {
  const size = quick ? 20_000 : 100_000;
  return {
    name: 'independent no-ops',
    unit: 'tasks',
    size,
    contenders: [
      nuflow(independent(size)),
      sequentialSyncs(size),
      ...orchestrators('independent', size, quick),
    ],
    targets: [
      { against: 'BullMQ, Redis always', atLeast: 4 },
      { against: 'DBOS, PostgreSQL', atLeast: 10 },
      { against: 'OpenWorkflow, SQLite', atLeast: 10 },
    ],
  };
}
