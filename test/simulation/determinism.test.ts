import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { traceOf } from './run-seeds.js';
import { afterTurn } from './scheduler.js';

const SEEDS = 200;

/** One hash over what happened in 200 seeds. */
async function hashOfTraces(settle?: () => Promise<void>): Promise<string> {
  const hash = createHash('sha256');
  for (let seed = 1; seed <= SEEDS; seed++) hash.update((await traceOf(seed, settle)).join('\n'));
  return hash.digest('hex');
}

it('does the same for the same seed, also when it waits by turns of the event loop', async () => {
  const hash = await hashOfTraces();
  expect(await hashOfTraces()).toBe(hash);
  // Nothing under test waits for anything but the simulation.
  expect(await hashOfTraces(afterTurn)).toBe(hash);
});
