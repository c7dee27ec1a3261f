import { findNushell } from 'nuflow/runners';
import type { Fact, Scale } from '../harness/contender.js';
import { inFolder } from '../harness/folder.js';
import { medianOf, runProgram } from '../harness/program.js';
import type { Asked, RunFigures } from '../programs/nu-run.js';

const ROUNDS = 5;
const BIG_MB = 1_000;

function tasksOf({ quick }: Scale): number {
  return quick ? 100 : 400;
}

function nuRun(asked: Asked): Promise<RunFigures> {
  return inFolder((dataDir) => runProgram('nu-run', [dataDir, JSON.stringify(asked)]));
}

/** Forking copies the page tables of the parent; a big one must not pay for that at each task. */
export const bigParentFact: Fact = {
  name: 'Nushell tasks of an orchestrator that holds 1 GB, beside itself without; event-loop delay p99',
  toReach: '≥ 0.9 × its rate, < 20 ms',
  async measure(scale) {
    const asked = { tasks: tasksOf(scale), before: 50, watchesLoop: true };
    const ratios: number[] = [];
    const delays: number[] = [];
    for (let round = -1; round < (scale.quick ? 1 : ROUNDS); round++) {
      const small = await nuRun({ ...asked, heldMb: 0 });
      const big = await nuRun({ ...asked, heldMb: BIG_MB });
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

/** Tasks before those that count, of a program that has just been started, and of one that has its code compiled. */
const BEFORE = { fresh: 50, warm: 2_000, warmQuick: 500 };

/** What a task costs beside the least: processor time of the orchestrator and its helpers, and of a loop around spawn. */
export const taskCpuFact: Fact = {
  name: "orchestrator's processor time a Nushell task, beside a loop of child_process.spawn with files",
  toReach: '≤ 2 ×',
  async measure(scale) {
    const tasks = tasksOf(scale);
    const { quick } = scale;
    const warm = await costs(tasks, quick ? BEFORE.warmQuick : BEFORE.warm, quick ? 1 : ROUNDS);
    const reached = warm.ours <= 2 * warm.loop;
    if (quick) return { value: textOf(warm), reached };
    const fresh = await costs(tasks, BEFORE.fresh, ROUNDS);
    const first = `the first ${tasks} tasks of a program ${textOf(fresh)}`;
    return { value: `${textOf(warm)}; ${first}`, reached };
  },
};

/** Processor time a task, ms. */
interface Costs {
  readonly ours: number;
  readonly loop: number;
  /** Of a loop that keeps as much as the orchestrator does. */
  readonly keeping: number;
  /** Of the same that never stops for a fork either: helpers of its own start the tasks. */
  readonly unblocked: number;
}

async function costs(tasks: number, before: number, rounds: number): Promise<Costs> {
  const found: Costs[] = [];
  for (let round = 0; round < rounds; round++) {
    const { cpuMs } = await nuRun({ tasks, before, heldMb: 0, watchesLoop: false });
    const loop = (await spawnLoop(tasks, before)) / tasks;
    const keeping = (await keepingLoop(tasks, before)) / tasks;
    const unblocked = (await keepingLoop(tasks, before, 'helpers')) / tasks;
    found.push({ ours: cpuMs / tasks, loop, keeping, unblocked });
  }
  const median = (of: keyof Costs): number => medianOf(found.map((each) => each[of]));
  const [ours, loop] = [median('ours'), median('loop')];
  return { ours, loop, keeping: median('keeping'), unblocked: median('unblocked') };
}

function textOf({ ours, loop, keeping, unblocked }: Costs): string {
  const times = (ms: number): string => `${(ms / loop).toFixed(2)} ×`;
  const least = `a loop that keeps as much ${times(keeping)}, by helpers ${times(unblocked)}`;
  return `${times(ours)} of ${loop.toFixed(2)} ms; ${least}`;
}

function keepingLoop(tasks: number, before: number, ...by: string[]): Promise<number> {
  const args = [String(tasks), String(before), findNushell(), ...by];
  return inFolder((folder) => runProgram('keeping-loop', [folder, ...args]));
}

function spawnLoop(tasks: number, before: number): Promise<number> {
  const nu = [findNushell(), '-n', '--no-std-lib', '-c', '1 + 1'];
  return inFolder((folder) =>
    runProgram('spawn-loop', [folder, String(tasks), String(before), ...nu]),
  );
}
