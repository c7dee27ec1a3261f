import type { Fact } from '../harness/contender.js';
import { inFolder } from '../harness/folder.js';
import { runProgram } from '../harness/program.js';
import type { Ran } from '../programs/no-op-run.js';

/** A run of so many no-ops in a process that does nothing else, and warms up before. */
function run(count: number): Promise<Ran> {
  return inFolder((dataDir) => runProgram('no-op-run', [dataDir, String(count)]));
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
    const small = await run(10_000);
    const big = await run(quick ? 100_000 : 1_000_000);
    const growth = big.msPerTask / small.msPerTask;
    return {
      value: `RSS ${big.rssMb.toFixed(0)} MB, ${growth.toFixed(2)} ×${quick ? ' (100k)' : ''}`,
      reached: big.rssMb < 600 && growth <= 1.3,
    };
  },
};
