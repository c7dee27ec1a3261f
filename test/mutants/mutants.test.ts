import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MUTANTS, type Mutant } from './catalog.js';
import { mutated } from './plugin.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = `${ROOT}node_modules/vitest/vitest.mjs`;

/** Runs the tests that have to notice the bug; gives what they printed, and whether they failed. */
async function run({ name, tests }: Mutant): Promise<{ failed: number; text: string }> {
  const { NUFLOW_TEST_REPORT: _, ...env } = process.env;
  // One file after the other: of two at once, the one that ends the other may be left out of the report.
  const timeouts = ['--testTimeout=20000', '--hookTimeout=20000'];
  const flags = ['--bail', '1', ...timeouts, '--no-file-parallelism', '--reporter', 'json'];
  const args = [VITEST, 'run', ...flags, ...tests];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...env, NUFLOW_MUTANT: name },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(child, 'close');
  const report = JSON.parse(text.slice(text.indexOf('{'))) as { numFailedTests: number };
  return { failed: report.numFailedTests, text };
}

describe('a bug put in on purpose', () => {
  it.each(MUTANTS)('changes what is in the sources: $name', ({ file, from, to }) => {
    const code = readFileSync(`${ROOT}src/${file}`, 'utf8');
    expect(mutated(code, from, to)).not.toBe(code);
  });

  it.concurrent.each(MUTANTS)('is caught: $name', { timeout: 120_000 }, async (mutant) => {
    const { failed, text } = await run(mutant);
    expect(failed, text.slice(0, 2_000)).toBeGreaterThan(0);
  });
});
