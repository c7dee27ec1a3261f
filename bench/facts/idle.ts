import { setTimeout as delay } from 'node:timers/promises';
import { defineWorkflow, Orchestrator } from 'nuflow';
import type { Fact } from '../harness/contender.js';
import { inFolder } from '../harness/folder.js';

const WAITING = 1_000;
const WATCHED_MS = 3_000;

/** Runs that wait for their next attempt, an hour away: timers, open journals, and nothing to do. */
export const idleFact: Fact = {
  name: 'processor while 1,000 runs wait for a retry',
  toReach: '< 1 %',
  measure: () =>
    inFolder(async (dataDir) => {
      const workflow = defineWorkflow('bench', {
        tasks: (t) => {
          t.fn('waits', {
            run: () => {
              throw new Error('not yet');
            },
            retry: { maximumAttempts: 2, initialInterval: '1h', maximumInterval: '1h' },
          });
          return {};
        },
      });
      const orchestrator = await Orchestrator.open({ dataDir });
      const starts = Array.from({ length: WAITING }, async () => {
        const run = await orchestrator.start(workflow);
        const retrying = () => run.snapshot().tasks[0]?.status === 'retrying';
        while (!retrying()) await delay(5);
      });
      await Promise.all(starts);
      const before = process.cpuUsage();
      await delay(WATCHED_MS);
      const { user, system } = process.cpuUsage(before);
      await orchestrator.close({ mode: 'detach' });
      const share = (user + system) / 1_000 / WATCHED_MS;
      return { value: `${(share * 100).toFixed(2)} %`, reached: share < 0.01 };
    }),
};
