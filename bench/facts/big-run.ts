import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { defineWorkflow, Orchestrator } from 'nuflow';
import type { Fact } from '../harness/contender.js';
import { inFolder } from '../harness/folder.js';

interface Ran {
  readonly msPerTask: number;
  readonly rssMb: number;
  readonly bytesPerTask: number;
  readonly delayP99Ms: number;
}

/** A run of so many no-ops, in this process. */
function run(count: number): Promise<Ran> {
  return inFolder(async (dataDir) => {
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
    let rss = 0;
    const watch = setInterval(() => {
      rss = Math.max(rss, process.memoryUsage.rss());
    }, 100);
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
  });
}

export const loopDelayFact: Fact = {
  name: 'event-loop delay while 100k tasks run, p99',
  toReach: '< 20 ms',
  async measure() {
    const { delayP99Ms } = await run(100_000);
    return { value: `${delayP99Ms.toFixed(1)} ms`, reached: delayP99Ms < 20 };
  },
};

export const journalBytesFact: Fact = {
  name: 'journal bytes a no-op task',
  toReach: '≤ 500',
  async measure() {
    const { bytesPerTask } = await run(10_000);
    return { value: bytesPerTask.toFixed(0), reached: bytesPerTask <= 500 };
  },
};

export const millionFact: Fact = {
  name: '1M no-op tasks in one run',
  toReach: 'RSS < 600 MB, time a task ≤ 1.3 × of 10k',
  async measure({ quick }) {
    await run(10_000); // warms up
    const small = await run(10_000);
    const big = await run(quick ? 100_000 : 1_000_000);
    const growth = big.msPerTask / small.msPerTask;
    return {
      value: `RSS ${big.rssMb.toFixed(0)} MB, ${growth.toFixed(2)} ×${quick ? ' (100k)' : ''}`,
      reached: big.rssMb < 600 && growth <= 1.3,
    };
  },
};
