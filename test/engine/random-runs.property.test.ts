import fc from 'fast-check';
import { describe, it } from 'vitest';
import { RandomRun, scenario } from './random-run.js';

/** On a slow machine fewer runs, rather than a failure. */
const LIMIT = { interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false };

describe('a run of any shape and fate', () => {
  it.each([
    { runs: 60, min: 1, max: 8 },
    { runs: 10, min: 30, max: 60 }, // enough for tasks to be started ahead
  ])(
    'keeps dependencies, limits and single attempts, ends every task, and is what its journal says: $min to $max tasks',
    async ({ runs, min, max }) => {
      await fc.assert(
        fc.asyncProperty(scenario(min, max), (given) => RandomRun.play(given)),
        { numRuns: runs, ...LIMIT },
      );
    },
    120_000,
  );
});
