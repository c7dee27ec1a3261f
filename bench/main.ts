/**
 * Benchmarks: what the engine costs, as ratios to the physical limit and to peers on the same machine.
 *
 *   npm run bench -- [--quick] [--only NAME] [--rounds N] [--json]
 *
 * Figures drift with the machine: compare ratios, don't quote rates.
 */
import { parseArgs } from 'node:util';
import { chainCase } from './cases/chain.js';
import { fanCase } from './cases/fan.js';
import { independentCase } from './cases/independent.js';
import { nushellCase } from './cases/nushell.js';
import { measure } from './harness/measure.js';
import { heading, tableOf } from './harness/print.js';

const CASES = [independentCase, chainCase, fanCase, nushellCase];

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    rounds: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));

if (!values.json) console.log(`${heading()}, median of ${rounds}\n`);
for (const make of CASES) {
  const it = make({ quick: values.quick });
  if (!it.name.includes(values.only)) continue;
  const results = await measure(it, rounds);
  const { name, unit, size } = it;
  console.log(
    values.json ? JSON.stringify({ name, unit, size, results }) : `${tableOf(it, results)}\n`,
  );
}
