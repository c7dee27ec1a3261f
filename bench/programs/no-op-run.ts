/**
 * nuflow on one run of tasks that do nothing, as a program of its own, so that its memory is nothing else's:
 * node no-op-run.js <dataDir> <tasks>; prints a Ran as JSON. A smaller run goes before, whatever is compiled then is compiled.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { defineWorkflow, Orchestrator } from 'nuflow';

/** Tasks of the run before. */
const WARM_UP = 10_000;

/** What such a run took. */
export interface Ran {
  readonly msPerTask: number;
  /** Most of the process, from the definition on. */
  readonly rssMb: number;
  readonly bytesPerTask: number;
  readonly delayP99Ms: number;
}

async function run(dataDir: string, count: number): Promise<Ran> {
  let rss = 0;
  const watch = setInterval(() => {
    rss = Math.max(rss, process.memoryUsage.rss());
  }, 100);
  const workflow = defineWorkflow('bench', {
    tasks: (t) => {
      for (let i = 0; i < count; i++) t.fn(`t${i}`, { run: () => 0 });
      return {};
    },
  });
  await using orchestrator = await Orchestrator.open({ dataDir });
  const started = await orchestrator.start(workflow, { id: 'run' });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const begun = performance.now();
  await started.result;
  const ms = performance.now() - begun;
  delay.disable();
  clearInterval(watch);
  const { size } = await stat(join(dataDir, 'runs/run/journal.ndjson'));
  return {
    msPerTask: ms / count,
    rssMb: rss / 1024 ** 2,
    bytesPerTask: size / count,
    delayP99Ms: delay.percentile(99) / 1e6,
  };
}

const [, , dataDir = '', tasks = ''] = process.argv;
await run(join(dataDir, 'before'), WARM_UP);
console.log(JSON.stringify(await run(join(dataDir, 'measured'), Number(tasks))));
