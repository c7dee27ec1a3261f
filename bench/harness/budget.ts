import { readFileSync } from 'node:fs';

/** Beside the sources; this file is compiled to bench/dist/harness. */
const BUDGET = new URL('../../budget.json', import.meta.url);

/** A ratio may be this much worse before it counts: machines and moments differ. */
const ALLOWED = 0.75;

/**
 * Lines that tell which ratios are worse than their budget by more than a quarter. The budget holds, by
 * `case / contender`, the least ratio seen on a quiet machine in the quick form.
 */
export function overBudget(ratios: ReadonlyMap<string, number>): string[] {
  const budget = JSON.parse(readFileSync(BUDGET, 'utf8')) as Readonly<Record<string, number>>;
  return Object.entries(budget).flatMap(([name, expected]) => {
    const ratio = ratios.get(name);
    if (ratio === undefined || ratio >= expected * ALLOWED) return [];
    return [`${name} is ${ratio.toFixed(2)}, was ${expected.toFixed(2)}`];
  });
}
