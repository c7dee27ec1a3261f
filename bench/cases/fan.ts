import type { Case, Scale } from '../harness/contender.js';
import { sequentialSyncs } from '../peers/disk.js';
import { nuflow } from '../peers/nuflow.js';
import { orchestrators } from '../peers/orchestrators.js';
import { fan } from '../shapes.js';

/** Fan-out and fan-in: 1 → many → 1. */
export function fanCase({ quick }: Scale): Case {
  const width = quick ? 300 : 1_000;
  const size = width + 2;
  return {
    name: `1 → ${width} → 1 no-ops`,
    unit: 'tasks',
    size,
    contenders: [nuflow(fan(width)), sequentialSyncs(size), ...orchestrators('fan', size, quick)],
    targets: [
      { against: 'BullMQ, Redis always', atLeast: 6 },
      { against: 'DBOS, PostgreSQL', atLeast: 10 },
      { against: 'OpenWorkflow, SQLite', atLeast: 10 },
    ],
  };
}
