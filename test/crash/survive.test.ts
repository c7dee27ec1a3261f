import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { WorkflowFile } from '../../src/index.js';
import { NO_PROC } from '../support/processes.js';
import { extent, report, seededRandom } from '../support/soak.js';
import { builtProgram } from './built-program.js';
import { CrashRig } from './crash-rig.js';
import { balance, lineInNushell } from './ledger.js';

/** Tasks at work at the same time. */
const SLOTS = 10;
const KILLS_A_MINUTE = 10;
const LEAST_KILLS = 6;
/** How long a task works at least and at most, ms: most live through a kill, some through several. */
const SHORTEST = 500;
const LONGEST = 3_000;

const { minutes, seed, timeout } = extent('survive', { minutes: 1 / 3 });
const workMs = minutes * 60_000;

describe.skipIf(NO_PROC)('a long run of Nushell tasks, ten at a time', () => {
  const program = builtProgram('orchestrator');
  let rig: CrashRig;
  afterEach(() => rig.remove());

  it(
    `survives kill -9 after kill -9, every task's effect seen exactly once (seed ${seed})`,
    async () => {
      const random = seededRandom(seed);
      const count = Math.round((workMs * SLOTS) / ((SHORTEST + LONGEST) / 2));
      rig = new CrashRig(program, longWorkflow(random, count), { concurrency: SLOTS });
      const kills = Math.max(LEAST_KILLS, Math.round(minutes * KILLS_A_MINUTE));
      const began = performance.now();
      let most = 0;
      for (const at of killTimes(random, kills)) {
        const orchestrator = rig.start();
        await delay(began + at - performance.now());
        most = Math.max(most, rig.processes().length - 1);
        await orchestrator.kill();
        expect(orchestrator.result, 'it was killed before its end').toBe(undefined);
      }
      expect(await rig.finish()).toBe('succeeded');
      const found = balance(await rig.records(), rig.ledger(), true);
      const seconds = Math.round((performance.now() - began) / 1000);
      const { succeeded, repeated, unbegun } = found;
      report('survive', { seconds, kills, tasks: succeeded, most, repeated, unbegun }, seed);
      expect(found.wrong).toEqual([]);
      expect(succeeded).toBe(count);
      expect(most).toBeGreaterThan(SLOTS / 2);
      expect(await rig.left()).toEqual([]);
    },
    timeout,
  );
});

/** Moments spread at random over the time the work takes, ms; the last ones leave it some. */
function killTimes(random: () => number, kills: number): number[] {
  const times = Array.from({ length: kills }, () => random() * workMs * 0.9);
  return times.sort((a, b) => a - b);
}

function longWorkflow(random: () => number, count: number): WorkflowFile {
  const tasks = Array.from({ length: count }, (_, index) => {
    const ms = SHORTEST + Math.floor(random() * (LONGEST - SHORTEST));
    const before = Math.floor(random() * ms);
    const code = `${lineInNushell('began')}; sleep ${before}ms; ${lineInNushell('worked')}; sleep ${ms - before}ms; ${index}`;
    return { id: `t${index}`, nu: { code } };
  });
  return { name: 'long', tasks };
}
