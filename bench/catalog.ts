import { buildersCase } from './cases/builders.js';
import { chainCase } from './cases/chain.js';
import { fanCase } from './cases/fan.js';
import { independentCase } from './cases/independent.js';
import { nushellCase } from './cases/nushell.js';
import { startsCase } from './cases/starts.js';
import { warmChainCase } from './cases/warm-chain.js';
import { journalBytesFact, loopDelayFact, millionFact } from './facts/big-run.js';
import { idleFact } from './facts/idle.js';
import { makespanFact } from './facts/makespan.js';
import { bigParentFact, taskCpuFact } from './facts/nushell-cost.js';
import { openFact, resumeFact } from './facts/opening.js';
import { planFact } from './facts/plan.js';
import { helpFact, importFact } from './facts/start-up.js';
import type { Case, Fact, Scale } from './harness/contender.js';

/** Everything that is compared, in the order it is run. */
export const CASES: readonly ((scale: Scale) => Case)[] = [
  independentCase,
  chainCase,
  fanCase,
  startsCase,
  nushellCase,
  buildersCase,
  warmChainCase,
];

/** Everything that is measured of nuflow alone. */
export const FACTS: readonly Fact[] = [
  planFact,
  makespanFact,
  journalBytesFact,
  loopDelayFact,
  bigParentFact,
  taskCpuFact,
  openFact,
  resumeFact,
  idleFact,
  importFact,
  helpFact,
  millionFact,
];
