/**
 * An orchestrator that has too little of something, as a process: starts the run `r`, or goes on with it, and
 * says on stdout, as JSON, how far it came. What nobody handles ends it with an exit code.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { NuflowError, Orchestrator, type Run, workflowFromData } from '../../src/index.js';
import { processTable } from '../../src/runners/process/process-table.js';
import type { ShortOrders, ShortStory } from './short-orders.js';

const orders = JSON.parse(process.argv[2] ?? '') as ShortOrders;
const { dataDir, baseDir, binary, moment, descriptors, diesAtWork = false } = orders;

/** From here on this process, and what starts processes for it, have so many descriptors left, and no more. */
async function comeShort(): Promise<void> {
  if (descriptors === undefined) return;
  const helpers = (await processTable()).filter(
    ({ parent, cookie }) => parent === process.pid && cookie?.startsWith('spawner-'),
  );
  for (const pid of [...helpers.map((helper) => helper.pid), process.pid]) {
    const limit = readdirSync(`/proc/${pid}/fd`).length + descriptors;
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`]);
  }
}

/** Resolves when so many tasks have a process, or the run ends before. */
function atWork(run: Run, tasks: number): Promise<unknown> {
  let seen = 0;
  const begun = new Promise<void>((resolve) =>
    run.on('task.spawned', () => ++seen === tasks && resolve()),
  );
  return Promise.race([begun, run.ended.catch(() => {})]);
}

async function story(): Promise<ShortStory> {
  if (moment === 'open') await comeShort();
  let came: ShortStory['came'] = 'nowhere';
  let orchestrator: Orchestrator | undefined;
  try {
    orchestrator = await Orchestrator.open({
      dataDir,
      baseDir,
      concurrency: orders.atOnce,
      nushell: { binary },
    });
    came = 'open';
    if (moment === 'start') await comeShort();
    const run = await orchestrator.start(workflowFromData(orders.workflow), { id: orders.run });
    came = 'started';
    if (moment === 'work' || diesAtWork) await atWork(run, orders.atOnce);
    if (diesAtWork) process.kill(process.pid, 'SIGKILL');
    if (moment === 'work') await comeShort();
    const code = await run.ended.then(() => undefined, codeOf);
    const { status, tasks } = run.snapshot();
    return { came: code === undefined ? 'ended' : came, code, status, tasks };
  } catch (error) {
    return { came, code: codeOf(error), status: undefined, tasks: [] };
  } finally {
    await orchestrator?.close({ mode: 'detach' });
  }
}

function codeOf(error: unknown): string {
  return error instanceof NuflowError ? error.code : String(error);
}

console.log(JSON.stringify(await story()));
