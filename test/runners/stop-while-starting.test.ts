import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/runners/runner.js';
import { ShellRunner } from '../../src/runners/shell/shell-runner.js';
import { AttemptRig, temporaryFolder } from './attempts.js';

const ROUNDS = 6;
/** A program that is never told would run longer. */
const LIMIT = { timeout: 120_000 };

describe.each([
  ['by its jobs', true],
  ['by its words', false],
])('a stop while a shell that tells ends %s starts the program', (_what, isPrepared) => {
  const folder = temporaryFolder();
  const runner = new ShellRunner();
  beforeAll(() => (isPrepared ? runner.prepare() : undefined));
  afterAll(() => runner.close());

  /** Stops a program a few turns after its process is there, and says what it printed. */
  async function stopped(script: string, turns: number): Promise<readonly [Outcome, string]> {
    const rig = new AttemptRig(folder, { with: { command: 'sh', args: ['-c', script] } });
    const execution = rig.start(runner);
    await execution.spawned;
    for (let n = 0; n < turns; n++) await turn();
    execution.stop('interrupt');
    const outcome = await execution.outcome;
    return [outcome, readFileSync(`${rig.attempt.dir}/stdout.log`, 'utf8')];
  }

  it('keeps the program from its work', LIMIT, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const [outcome, printed] = await stopped('exec sleep 600', round % 5);
      expect(outcome.status).not.toBe('succeeded');
      expect(printed).toBe('');
    }
  });

  it('reaches a program that runs by then, once', LIMIT, async () => {
    const untilTold = 'while [ -z "$told" ]; do sleep 0.1; done; sleep 0.3; exit 7';
    const script = `trap "echo told; told=1" INT; echo up; ${untilTold}`;
    for (let round = 0; round < ROUNDS; round++) {
      const [, printed] = await stopped(script, round * 3);
      expect(['', 'up\ntold\n']).toContain(printed);
    }
  });
});
