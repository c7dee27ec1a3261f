import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { readEvents } from '../../src/inspect.js';
import { processTable } from '../../src/runners/process/process-table.js';
import { NUSHELLS, temporaryFolder } from '../runners/attempts.js';
import { builtLibrary } from '../runners/built-library.js';
import { NO_PROC } from '../support/processes.js';
import { extent, report, seededRandom } from '../support/soak.js';

const library = builtLibrary();
const all = temporaryFolder();
const [[, binary]] = NUSHELLS;
const { rounds, seed, timeout } = extent('standby', { rounds: 6 });

/** Runs, or resumes, a graph of tasks that each write down that they ran; ends when the run has. */
const ORCHESTRATOR = `
  const [library, options] = JSON.parse(process.argv[1]);
  const { Orchestrator, defineWorkflow } = await import(library + '/index.js');
  const orchestrator = await Orchestrator.open(options);
  const workflow = defineWorkflow('graph', { tasks: (t) => {
    let layer = [];
    for (let l = 0; l < 6; l++) {
      const needs = layer;
      layer = [0, 1].map((i) => t.nu('t' + l + i, { use: 'm', call: 'note', needs }));
    }
    return {};
  } });
  const run = await orchestrator.start(workflow, { id: 'graph' });
  console.log('on');
  const { status } = await run.result;
  console.log(status, orchestrator.standbys.used);
  await orchestrator.close();
`;
const MODULE = `
export def note [] {
  let line = ($env.NUFLOW_TASK_ID + ' ' + $env.NUFLOW_ATTEMPT + (char newline))
  $line | save --append ($env.FOLDER | path join ledger)
  sleep 30ms
}
`;
const TASKS = Array.from({ length: 12 }, (_, i) => `t${Math.floor(i / 2)}${i % 2}`);
/** Longest life of an orchestrator that is killed, ms from its first word. */
const LIFE_MS = 400;

it.skipIf(NO_PROC)(
  'runs each attempt once, of tasks on record, however often its orchestrator is killed, and leaves nothing',
  async () => {
    const random = seededRandom(seed);
    let kills = 0;
    let used = 0;
    for (let round = 0; round < rounds; round++) {
      const folder = mkdtempSync(join(all, 'killed-'));
      mkdirSync(join(folder, 'm'));
      writeFileSync(join(folder, 'm/mod.nu'), MODULE);
      // There from the start: Nushell opens a file for appending only if it is, and two that make it would not see each other.
      writeFileSync(join(folder, 'ledger'), '');
      const pids: number[] = [];
      for (let last = ''; !last.startsWith('succeeded'); ) {
        const { child, output } = start(folder);
        pids.push(child.pid ?? Number.NaN);
        const ended = once(child, 'close');
        await Promise.race([once(child.stdout, 'data'), ended]);
        await Promise.race([ended, delay(random() * LIFE_MS)]);
        // Left to itself in the end, or the run would never.
        const isKilled = pids.length < 4 && child.kill('SIGKILL');
        kills += Number(isKilled);
        await ended;
        last = output().replace('on\n', '');
        if (!isKilled) expect(last).toMatch(/^succeeded \d+\n$/);
      }
      used += await expectOnce(folder);
      await expectNoneLeft(pids);
    }
    report('standby', { rounds, kills, served: used }, seed);
    expect(used).toBeGreaterThan(0);
  },
  timeout,
);

function start(folder: string) {
  const nushell = { binary, standby: {}, env: { FOLDER: folder } };
  const options = { dataDir: join(folder, 'data'), baseDir: folder, nushell };
  const args = ['--input-type=module', '-e', ORCHESTRATOR, JSON.stringify([library, options])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return { child, output: () => text };
}

/** That no attempt ran twice or off the record; how many were served by a process that had stood by. */
async function expectOnce(folder: string): Promise<number> {
  const ran = readFileSync(join(folder, 'ledger'), 'utf8').trim().split('\n');
  expect(new Set(ran).size).toBe(ran.length);
  const begun = new Set<string>();
  const processes = new Set<number>();
  let spawned = 0;
  for await (const event of readEvents(join(folder, 'data'), 'graph')) {
    if (event.type === 'task.started') begun.add(`${event.task} ${event.attempt}`);
    if (event.type !== 'task.spawned') continue;
    processes.add(event.pid);
    spawned++;
  }
  for (const line of ran) expect(begun).toContain(line);
  const tasks = new Set(ran.map((line) => line.split(' ')[0]));
  expect([...tasks].sort()).toEqual(TASKS);
  expect(processes.size).toBe(spawned); // none served two
  return servedIn(folder);
}

function servedIn(folder: string): number {
  const tasks = TASKS.map((task, i) => `${String(i + 1).padStart(4, '0')}-${task}`);
  const attempts = tasks.flatMap((task) => ['1', '2', '3', '4', '5'].map((n) => join(task, n)));
  return attempts.filter((it) => isThere(join(folder, 'data/runs/graph/tasks', it))).length;
}

function isThere(dir: string): boolean {
  try {
    return readFileSync(join(dir, 'process.json')).length > 0;
  } catch {
    return false;
  }
}

/** Of the processes that stood by for orchestrators, whether they served or not. */
async function expectNoneLeft(pids: readonly number[]): Promise<void> {
  const isTheirs = (cookie = ''): boolean =>
    pids.some((pid) => cookie.startsWith(`standby-${pid}-`));
  await vi.waitFor(
    async () => expect((await processTable()).filter(({ cookie }) => isTheirs(cookie))).toEqual([]),
    30_000,
  );
}
