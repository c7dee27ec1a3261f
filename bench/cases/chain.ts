import type { Case, Scale } from '../harness/contender.js';
import { sequentialSyncs } from '../peers/disk.js';
import { nuflow } from '../peers/nuflow.js';
import { chain } from '../shapes.js';

/** Latency: each link waits until the one before is on disk, so nothing can be shared between links. */
export function chainCase({ quick }: Scale): Case {
  const size = quick ? 300 : 1_000;
  return {
    name: 'chain of no-ops',
    unit: 'links',
    size,
    contenders: [sequentialSyncs(size), nuflow(chain(size))],
  };
}
