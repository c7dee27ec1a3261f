import type { Case, Scale } from '../harness/contender.js';
import { moduleChain } from '../peers/module-chain.js';

const COLD = 'each started cold';

/** What parsing a big module costs a chain of tasks, with processes standing by and without. */
export function warmChainCase({ quick }: Scale): Case {
  const size = quick ? 10 : 50;
  return {
    name: 'waits in a chain of a 250-command module',
    unit: 'waits',
    size,
    contenders: [moduleChain('nuflow, standby', size, {}), moduleChain(COLD, size, false)],
    targets: [{ against: COLD, atLeast: 1 / 0.15 }],
  };
}
