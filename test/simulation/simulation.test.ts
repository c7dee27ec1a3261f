import { expect, it } from 'vitest';
import { runSeeds, summary } from './run-seeds.js';

const {
  NUFLOW_SIM_SEED: one,
  NUFLOW_SIM_FIRST: from = '1',
  NUFLOW_SIM_SEEDS: many = '1000',
} = process.env;
const first = Number(one ?? from);
const count = one === undefined ? Number(many) : 1;

it('keeps every promise', { timeout: 3_600_000 }, async () => {
  const began = performance.now();
  const figures = await runSeeds(first, count);
  console.log(summary(figures, performance.now() - began));
  expect(figures.seeds).toBe(count);
});
