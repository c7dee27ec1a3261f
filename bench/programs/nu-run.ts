/**
 * nuflow on Nushell tasks, as a program of its own, so that what it holds and uses can be told apart:
 * node nu-run.js <dataDir> <Asked as JSON>; prints a RunFigures as JSON. What is loaded and started once is not counted: another
 * run goes before.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { defineWorkflow, Orchestrator } from 'nuflow';
import { helpersMs } from '../harness/processor-time.js';

export interface Asked {
  readonly tasks: number;
  /** Tasks of the run before. */
  readonly before: number;
  /** Memory that this program holds beside, MB. */
  readonly heldMb: number;
  /** Whether the event loop is watched, which costs processor time: a timer every millisecond. */
  readonly watchesLoop: boolean;
}

/** What such a run took. */
export interface RunFigures {
  readonly ms: number;
  /** Of this process and its helpers, not of the tasks, ms. */
  readonly cpuMs: number;
  readonly loopDelayP99Ms: number;
  readonly rssMb: number;
}

const MB = 1024 * 1024;

const [, , dataDir = '', json = ''] = process.argv;
const { tasks, before, heldMb, watchesLoop } = JSON.parse(json) as Asked;

/** Memory that is really there: each page is written to. */
const held = Array.from({ length: heldMb }, () => Buffer.alloc(MB, 1));

function workflowOf(count: number) {
  return defineWorkflow('bench-nu', {
    tasks: (t) => {
      for (let i = 0; i < count; i++) t.nu(`n${i}`, { code: '1 + 1' });
      return {};
    },
  });
}

async function figures(): Promise<RunFigures> {
  const workflow = workflowOf(tasks);
  await using orchestrator = await Orchestrator.open({ dataDir, concurrency: 10 });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  await (await orchestrator.start(workflowOf(before))).result;
  const helpersBefore = helpersMs();
  const used = process.cpuUsage();
  const begun = performance.now();
  const run = await orchestrator.start(workflow);
  if (watchesLoop) delay.enable();
  const { status } = await run.result;
  delay.disable();
  if (status !== 'succeeded') throw new Error(`the run ended as ${status}`);
  const ms = performance.now() - begun;
  const { user, system } = process.cpuUsage(used);
  return {
    ms,
    cpuMs: (user + system) / 1_000 + helpersMs() - helpersBefore,
    loopDelayP99Ms: delay.percentile(99) / 1e6,
    rssMb: process.memoryUsage.rss() / MB,
  };
}

console.log(JSON.stringify(await figures()));
process.exit(held.length >= 0 ? 0 : 1); // keeps what is held until here
