import type { Case, Scale } from '../harness/contender.js';
import { nuflowNu } from '../peers/nuflow.js';
import { xargsNu } from '../peers/xargs.js';

const CODE = '1 + 1';

/** Real Nushell processes: what results, journal and clean-up cost beside starting them. */
export function nushellCase({ quick }: Scale): Case {
  const size = quick ? 60 : 400;
  return {
    name: 'Nushell tasks',
    unit: 'tasks',
    size,
    contenders: [nuflowNu(size, CODE), xargsNu(size, CODE)],
    targets: [{ against: 'xargs -P10', atLeast: 0.9 }],
  };
}
