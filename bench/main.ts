/**
 * Benchmarks: what nuflow costs, as ratios to peers and to physical limits on the same machine.
 *
 *   npm run bench -- [--quick] [--only TEXT] [--rounds N] [--budget]
 *
 * The full form writes bench/results.md. `--budget` compares with bench/budget.json, and fails when a
 * ratio has become worse by a quarter. Figures drift with the machine: compare ratios, don't quote rates.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CASES, FACTS } from './catalog.js';
import { heldToBudget } from './harness/budget.js';
import { removeFolders } from './harness/folder.js';
import { measure } from './harness/measure.js';
import { heading, markdown, tableOf } from './harness/print.js';

const RESULTS = fileURLToPath(new URL('../results.md', import.meta.url));

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    rounds: { type: 'string' },
    budget: { type: 'boolean', default: false },
  },
});
const { quick, only } = values;
const rounds = Number(values.rounds ?? (quick ? 3 : 5));

const printed: string[] = [];
function print(text: string): void {
  console.log(`${text}\n`);
  printed.push(text);
}

async function main(): Promise<void> {
  print(`${heading()}; median of ${rounds} after one that does not count.`);
  const ratios = new Map<string, number>();
  for (const make of CASES) {
    const it = make({ quick });
    if (!it.name.includes(only)) continue;
    const results = await measure(it, rounds);
    for (const { name, ratio } of results.measured) ratios.set(`${it.name} / ${name}`, ratio);
    print(tableOf(it, results));
  }
  const rows = [['nuflow alone', 'found', 'to reach', 'reached']];
  for (const fact of FACTS) {
    if (!fact.name.includes(only)) continue;
    const { value, reached } = await fact.measure({ quick });
    rows.push([fact.name, value, fact.toReach, reached ? 'yes' : 'NO']);
  }
  if (rows.length > 1) print(markdown(rows));
  if (!quick && only === '') writeFileSync(RESULTS, page());
  if (values.budget) holdTo(ratios);
}

function page(): string {
  const head =
    '# Results\n\nWritten by `npm run bench`. A ratio of 2 says that nuflow is twice as fast.';
  return `${[head, ...printed].join('\n\n')}\n`;
}

function holdTo(ratios: ReadonlyMap<string, number>): void {
  const { over, unmeasured } = heldToBudget(ratios);
  for (const line of over) console.error(`worse than its budget: ${line}`);
  for (const name of unmeasured) console.log(`not measured: ${name}`);
  if (over.length === 0) console.log('all ratios that were measured are within their budgets');
  if (over.length > 0) process.exitCode = 1;
}

process.once('SIGINT', () => void removeFolders().then(() => process.exit(130)));
try {
  await main();
} finally {
  await removeFolders();
}
