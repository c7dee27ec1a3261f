import type { Case, Scale } from '../harness/contender.js';
import { sequentialSyncs } from '../peers/disk.js';
import { nuflow } from '../peers/nuflow.js';
import { orchestrators } from '../peers/orchestrators.js';
import { chain } from '../shapes.js';

/** Latency: each link waits until the one before is on disk, so nothing can be shared between links. */
export function chainCase({ quick }: Scale): Case {
  const size = quick ? 300 : 1_000;
  return {
    name: 'chain of no-ops',
    unit: 'links',
    size,
    contenders: [
      nuflow(chain(size)),
      sequentialSyncs(size),
      ...orchestrators('chain', size, quick),
    ],
    targets: [
      { against: 'one sync each', atLeast: 0.8 },
      { against: 'DBOS, PostgreSQL', atLeast: 2.5 },
      { against: 'OpenWorkflow, SQLite', atLeast: 2.5 },
    ],
  };
}
