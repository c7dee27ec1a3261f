import { readFileSync } from 'node:fs';

/** Beside the sources; this file is compiled to bench/dist/harness. */
const BUDGET = new URL('../../budget.json', import.meta.url);

/** A ratio may be this much worse before it counts: machines and moments differ. */
const ALLOWED = 0.75;

/**
 * What the ratios of a run say of the budget, which holds, by `case / contender`, what was seen on a quiet machine in
 * the quick form. `over`: lines that tell which are worse by more than a quarter. `unmeasured`: those that had no part in
 * the run, since their peer is not installed here or their case was left out.
 */
export function heldToBudget(ratios: ReadonlyMap<string, number>): {
  readonly over: readonly string[];
  readonly unmeasured: readonly string[];
} {
  const budget = JSON.parse(readFileSync(BUDGET, 'utf8')) as Readonly<Record<string, number>>;
  const over = Object.entries(budget).flatMap(([name, expected]) => {
    const ratio = ratios.get(name) ?? Number.POSITIVE_INFINITY;
    if (ratio >= expected * ALLOWED) return [];
    return [`${name} is ${ratio.toFixed(2)}, was ${expected.toFixed(2)}`];
  });
  return { over, unmeasured: Object.keys(budget).filter((name) => !ratios.has(name)) };
}
