import type { Case, Scale } from '../harness/contender.js';
import { sequentialSyncs } from '../peers/disk.js';
import { nuflow } from '../peers/nuflow.js';
import { fan } from '../shapes.js';

/** Fan-out and fan-in: 1 → many → 1. */
export function fanCase({ quick }: Scale): Case {
  const width = quick ? 300 : 1_000;
  return {
    name: `1 → ${width} → 1 no-ops`,
    unit: 'tasks',
    size: width + 2,
    contenders: [sequentialSyncs(width + 2), nuflow(fan(width))],
  };
}
