import { defineWorkflow, Orchestrator, type OrchestratorOptions } from 'nuflow';
import type { Fact } from '../harness/contender.js';
import { WORKLOADS, type Workload } from '../workloads/graphs.js';
import { boundsOf, grahamMs, listScheduleMs } from '../workloads/list-schedule.js';
import { VirtualPlatform } from '../workloads/virtual-platform.js';

const SIZES = [40, 200, 2_000];
const SLOTS = [2, 10, 100];

interface Ran {
  /** The first run's, nothing known yet. */
  readonly blind: number;
  /** The second run's time over that of critical-path-first list scheduling. */
  readonly overList: number;
  /** The longer run's time over Graham's bound. */
  readonly overGraham: number;
}

/** How well slots are used once an earlier run told how long tasks take: the real engine, on a platform where only tasks take time. */
export const makespanFact: Fact = {
  name: 'Montage, Epigenomics, 1000Genome, RNA-seq, 40 to 2,000 tasks, 2 to 100 slots, beside critical-path-first',
  toReach: "≤ 1.05 ×, always within Graham's bound",
  async measure() {
    let [blind, overList, overGraham] = [0, 0, 0];
    for (const size of SIZES)
      for (const make of WORKLOADS)
        for (const slots of SLOTS) {
          const ran = await runTwice(make(size), slots);
          blind = Math.max(blind, ran.blind);
          overList = Math.max(overList, ran.overList);
          overGraham = Math.max(overGraham, ran.overGraham);
        }
    return {
      value: `≤ ${overList.toFixed(3)} × (${blind.toFixed(2)} × while unknown), ≤ ${overGraham.toFixed(3)} of Graham's bound`,
      reached: overList <= 1.05 && overGraham <= 1,
    };
  },
};

/** Once to learn how long the tasks take, and once more. */
async function runTwice({ name, jobs }: Workload, slots: number): Promise<Ran> {
  const platform = new VirtualPlatform();
  const lengths = new Map(jobs.map(({ id, ms }) => [id, ms]));
  const runner = sleeper(platform, lengths);
  const workflow = defineWorkflow(name, {
    tasks: (t) => {
      for (const { id, needs } of jobs) t.task(id, { runner: 'sleep', needs, with: {} });
      return {};
    },
  });
  const options = { platform, concurrency: slots, reserveBytes: 0, runners: { sleep: runner } };
  const orchestrator = await Orchestrator.open(options);
  const times: number[] = [];
  for (const id of ['first', 'second']) {
    const begun = platform.clock.now();
    const run = await orchestrator.start(workflow, { id });
    await platform.pass(run.result);
    if (run.snapshot().status !== 'succeeded') throw new Error(`${name} did not succeed`);
    times.push(runner.lastEnd() - begun);
  }
  const closed = orchestrator.close();
  await platform.pass(closed);
  const [first = 0, second = 0] = times;
  return {
    blind: first / listScheduleMs(jobs, slots),
    overList: second / listScheduleMs(jobs, slots),
    overGraham: Math.max(first, second) / grahamMs(boundsOf(jobs), slots),
  };
}

type Runner = NonNullable<OrchestratorOptions['runners']>[string];

/** Tasks that only take their time. */
function sleeper(
  { clock }: VirtualPlatform,
  lengths: ReadonlyMap<string, number>,
): Runner & { lastEnd: () => number } {
  let lastEnd = 0;
  return {
    lastEnd: () => lastEnd,
    check() {},
    start: ({ task }) => ({
      spawned: Promise.resolve(undefined),
      outcome: new Promise((resolve) => {
        clock.after(lengths.get(task) ?? 0, () => {
          lastEnd = clock.now();
          resolve({ status: 'succeeded', output: null });
        });
      }),
      stop() {},
    }),
  };
}
