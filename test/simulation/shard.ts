import { writeSync } from 'node:fs';
import { expect, it } from 'vitest';
import { extent, progress, report } from '../support/soak.js';
import type { Figures } from './figures.js';
import { runSeeds } from './run-seeds.js';

/** Test files that share the seeds, so that they run side by side: shard-1.test.ts … */
const SHARDS = 4;

/**
 * Simulates this shard's part of the seeds, 8,000 in all from seed 1 on; more by scripts/soak.mjs.
 *
 *   NUFLOW_SIM_SEED=123    that one only, with its trace when it fails
 *   NUFLOW_SIM_SEEDS=N     so many
 *   NUFLOW_SIM_FIRST=N     from this one on
 */
export function simulateShard(shard: number): void {
  const { NUFLOW_SIM_SEED: one, NUFLOW_SIM_SEEDS: many, NUFLOW_SIM_FIRST: from } = process.env;
  const { rounds, until, timeout } = extent('simulation', { rounds: 8_000 });
  const first = Number(one ?? from ?? process.env.NUFLOW_SOAK_SEED ?? 1);
  const count = one === undefined ? Number(many ?? rounds) : 1;
  const name = `simulation ${shard}/${SHARDS}`;
  const soFar = progress(name, first);
  const seeds = {
    first: first + shard - 1,
    step: SHARDS,
    end: first + count,
    until,
    soFar: (figures: Figures) => soFar({ ...figures }),
  };

  it(`keeps every promise on every seed, part ${shard} of ${SHARDS}`, { timeout }, async () => {
    const began = performance.now();
    const figures = await runSeeds(seeds).catch((error: Error) => {
      writeSync(2, `${error.message}\n`); // at once: the other parts may go on for hours
      throw error;
    });
    const rate = Math.round((figures.seeds / (performance.now() - began)) * 1_000);
    report(name, { 'seeds/s': rate, ...figures }, first);
    if (performance.now() < until)
      expect(figures.seeds).toBe(Math.ceil((seeds.end - seeds.first) / seeds.step));
  });
}
