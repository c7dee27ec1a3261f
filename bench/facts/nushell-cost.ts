import { findNushell } from 'nuflow/runners';
import type { Fact, Scale } from '../harness/contender.js';
import { inFolder } from '../harness/folder.js';
import { medianOf, runProgram } from '../harness/program.js';
import type { RunFigures } from '../programs/nu-run.js';

const ROUNDS = 5;
const BIG_MB = 1_000;

function tasksOf({ quick }: Scale): number {
  return quick ? 100 : 400;
}

function nuRun(tasks: number, heldMb: number): Promise<RunFigures> {
  return inFolder((dataDir) => runProgram('nu-run', [dataDir, String(tasks), String(heldMb)]));
}

/** Forking copies the page tables of the parent; a big one must not pay for that at each task. */
export const bigParentFact: Fact = {
  name: 'Nushell tasks of an orchestrator that holds 1 GB, beside itself without; event-loop delay p99',
  toReach: '≥ 0.9 × its rate, < 20 ms',
  async measure(scale) {
    const tasks = tasksOf(scale);
    const ratios: number[] = [];
    const delays: number[] = [];
    for (let round = -1; round < (scale.quick ? 1 : ROUNDS); round++) {
      const small = await nuRun(tasks, 0);
      const big = await nuRun(tasks, BIG_MB);
      if (round < 0) continue; // warms up
      ratios.push(small.ms / big.ms);
      delays.push(big.loopDelayP99Ms);
    }
    const [ratio, delay] = [medianOf(ratios), medianOf(delays)];
    return {
      value: `${ratio.toFixed(2)} ×, ${delay.toFixed(1)} ms`,
      reached: ratio >= 0.9 && delay < 20,
    };
  },
};

/** What a task costs beside the least: processor time of the orchestrator and its helpers, and of a loop around spawn. */
export const taskCpuFact: Fact = {
  name: "orchestrator's processor time a Nushell task, beside a loop of child_process.spawn with files",
  toReach: '≤ 2 ×',
  async measure(scale) {
    const tasks = tasksOf(scale);
    const ours: number[] = [];
    const loops: number[] = [];
    const keeping: number[] = [];
    for (let round = -1; round < (scale.quick ? 1 : ROUNDS); round++) {
      const { cpuMs } = await nuRun(tasks, 0);
      const loopMs = await spawnLoop(tasks);
      const keepingMs = await keepingLoop(tasks);
      if (round < 0) continue; // warms up
      ours.push(cpuMs / tasks);
      loops.push(loopMs / tasks);
      keeping.push(keepingMs / tasks);
    }
    const [our, loop, keeps] = [medianOf(ours), medianOf(loops), medianOf(keeping)];
    const ms = [our, loop, keeps].map((value) => `${value.toFixed(2)} ms`).join(', ');
    return {
      value: `${(our / loop).toFixed(2)} ×, a loop that keeps as much ${(keeps / loop).toFixed(2)} × (${ms})`,
      reached: our <= 2 * loop,
    };
  },
};

function keepingLoop(tasks: number): Promise<number> {
  return inFolder((folder) => runProgram('keeping-loop', [folder, String(tasks), findNushell()]));
}

function spawnLoop(tasks: number): Promise<number> {
  const nu = [findNushell(), '-n', '--no-std-lib', '-c', '1 + 1'];
  return inFolder((folder) => runProgram('spawn-loop', [folder, String(tasks), ...nu]));
}
