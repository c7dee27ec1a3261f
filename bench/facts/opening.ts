import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineWorkflow, Orchestrator } from 'nuflow';
import type { Fact } from '../harness/contender.js';
import { inFolder } from '../harness/folder.js';

function noOps(count: number) {
  return defineWorkflow('bench', {
    version: '1',
    tasks: (t) => {
      for (let i = 0; i < count; i++) t.fn(`t${i}`, { run: () => 0 });
      return {};
    },
  });
}

export const openFact: Fact = {
  name: 'open a data directory of 10,000 finished runs',
  toReach: '< 100 ms',
  measure: ({ quick }) =>
    inFolder(async (dataDir) => {
      const workflow = noOps(1);
      const first = await Orchestrator.open({ dataDir });
      const count = quick ? 1_000 : 10_000;
      const starts = Array.from({ length: count }, () => first.start(workflow));
      await Promise.all((await Promise.all(starts)).map((run) => run.result));
      await first.close();
      const begun = performance.now();
      const second = await Orchestrator.open({ dataDir });
      const ms = performance.now() - begun;
      await second.close();
      return { value: `${ms.toFixed(0)} ms${quick ? ' (1,000)' : ''}`, reached: ms < 100 };
    }),
};

export const resumeFact: Fact = {
  name: 'resume a run of 1M records, beside reading and JSON.parse of its bytes',
  toReach: '≤ 3 ×',
  measure: ({ quick }) =>
    inFolder(async (dataDir) => {
      const workflow = noOps(quick ? 50_000 : 500_000);
      const open = () => Orchestrator.open({ dataDir, workflows: [workflow] });
      const first = await open();
      await (await first.start(workflow, { id: 'run' })).result;
      await first.close();
      const parseMs = await timed(() => parseLines(join(dataDir, 'runs/run/journal.ndjson')));
      const second = await open();
      const resumeMs = await timed(() => second.resume('run'));
      await second.close();
      const ratio = resumeMs / parseMs;
      return {
        value: `${ratio.toFixed(1)} × (${resumeMs.toFixed(0)} ms)${quick ? ' (100k)' : ''}`,
        reached: ratio <= 3,
      };
    }),
};

async function parseLines(path: string): Promise<void> {
  const bytes = await readFile(path);
  let from = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
    JSON.parse(bytes.toString('utf8', from, end));
    from = end + 1;
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
