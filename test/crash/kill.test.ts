import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { NO_PROC } from '../support/processes.js';
import { extent, inRounds, progress, report, seededRandom } from '../support/soak.js';
import { builtProgram } from './built-program.js';
import { CrashRig } from './crash-rig.js';
import { balance } from './ledger.js';
import { ledgerWorkflow } from './ledger-tasks.js';
import type { OrchestratorProcess } from './orchestrator-process.js';

const TASKS = 10;
/**
 * In the long form one run sees more crashes, since most of what a round costs is its tasks. `atOnce`: rounds at work at the same
 * time, of which each mostly waits; `kills`: of orchestrators, at most; `events`: heard before one, at most; `longest` task, ms.
 */
const form =
  process.env.NUFLOW_SOAK === 'kill'
    ? { atOnce: 8, kills: 9, events: TASKS, longest: 1_000 }
    : { atOnce: 4, kills: 3, events: TASKS * 3, longest: 200 };
/** In one round of so many, tasks are killed too. */
const WITH_KILLED_TASKS = 4;

const extents = extent('kill', { rounds: 40 });
const { rounds, seed, timeout } = extents;

describe.skipIf(NO_PROC)('an orchestrator killed with kill -9 at random points', () => {
  const program = builtProgram('orchestrator');

  it(
    `does every task's work exactly once, ${rounds} times (seed ${seed})`,
    async () => {
      const total = { rounds: 0, kills: 0, tasks: 0, tasksKilled: 0, repeated: 0, unbegun: 0 };
      const soFar = progress('kill', seed);
      await inRounds(extents, form.atOnce, async (index) => {
        const found = await round(program, seed + index);
        total.rounds++;
        total.kills += found.kills;
        total.tasks += found.succeeded;
        total.tasksKilled += found.tasksKilled;
        total.repeated += found.repeated;
        total.unbegun += found.unbegun;
        soFar(total);
      });
      report('kill', total, seed);
    },
    timeout,
  );
});

/** One run, its orchestrator killed a few times. */
async function round(program: string, roundSeed: number) {
  const random = seededRandom(roundSeed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const killsTasks = below(WITH_KILLED_TASKS) === 0;
  const workflow = ledgerWorkflow(random, {
    count: TASKS,
    longest: form.longest,
    retries: killsTasks,
  });
  const rig = new CrashRig(program, workflow, { concurrency: 1 + below(TASKS) });
  try {
    let kills = 0;
    let tasksKilled = 0;
    for (const times = 1 + below(form.kills); kills < times; kills++) {
      const orchestrator = rig.start();
      await chosenPoint(orchestrator, below);
      if (killsTasks) tasksKilled += killOneTask(rig, orchestrator, below);
      await orchestrator.kill();
      if (orchestrator.result !== undefined) break;
    }
    const where = `seed ${roundSeed}, in ${rig.dir}`;
    expect(await rig.finish(), where).toBe('succeeded');
    const found = balance(await rig.records(), rig.ledger(), tasksKilled === 0);
    expect(found.wrong, where).toEqual([]);
    expect(found.succeeded, where).toBe(TASKS);
    expect(await rig.left(), where).toEqual([]);
    await rig.remove();
    return { ...found, kills, tasksKilled };
  } catch (error) {
    // The folder stays, to be looked at.
    for (const { pid } of rig.processes()) process.kill(pid, 'SIGKILL');
    throw error;
  }
}

/** Waits for a random moment: some time after its start, or after a random event. */
async function chosenPoint(
  orchestrator: OrchestratorProcess,
  below: (limit: number) => number,
): Promise<void> {
  if (below(4) === 0) {
    await Promise.race([delay(below(600)), orchestrator.ended]);
    return;
  }
  const events = below(form.events);
  await orchestrator.until(() => orchestrator.told.length > events);
  await delay(below(20));
}

/** Kills a process of a task, whichever; gives how many. */
function killOneTask(
  rig: CrashRig,
  orchestrator: OrchestratorProcess,
  below: (limit: number) => number,
): number {
  const tasks = rig.processes().filter(({ pid }) => pid !== orchestrator.pid);
  const chosen = tasks[below(tasks.length)];
  if (chosen === undefined) return 0;
  try {
    process.kill(chosen.pid, 'SIGKILL');
    return 1;
  } catch {
    return 0; // it ended meanwhile
  }
}
