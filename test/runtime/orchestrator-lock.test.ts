import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { DataDirLockedError } from '../../src/errors.js';
import { inspectRun, listRuns, readEvents } from '../../src/inspect.js';
import { Orchestrator } from '../../src/runtime/orchestrator.js';
import { Holders, killed, newPaths } from '../platform/lock-rig.js';
import { builtLibrary } from '../runners/built-library.js';

const newPath = newPaths();
const holders = new Holders(builtLibrary());

/** Another process that has a data directory, and a run `one` at work in it. */
async function holder(dataDir: string) {
  return holders.start(
    `const { Orchestrator, defineWorkflow } = await load('index.js');
     globalThis.orchestrator = await Orchestrator.open({ dataDir: ${JSON.stringify(dataDir)} });
     const never = { run: () => new Promise(() => {}) };
     const waits = defineWorkflow('waits', { tasks: (t) => ({ wait: t.fn('wait', never) }) });
     const run = await orchestrator.start(waits, { id: 'one' });
     for await (const { type } of run.events()) if (type === 'task.started') break;`,
  );
}

async function refusal(dataDir: string): Promise<DataDirLockedError> {
  const error: unknown = await Orchestrator.open({ dataDir }).catch((thrown: unknown) => thrown);
  if (!(error instanceof DataDirLockedError)) throw error;
  return error;
}

it('refuses a data directory that another process has, saying which and since when, and has it when that is killed', async () => {
  const dataDir = dirname(newPath());
  const before = Date.now();
  const { child } = await holder(dataDir);
  const asked = performance.now();
  const { pid, since = '' } = await refusal(dataDir);
  const refused = performance.now();
  expect(pid).toBe(child.pid);
  expect(Date.parse(since)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(since)).toBeLessThanOrEqual(Date.now());
  await killed({ child });
  const free = performance.now();
  await (await Orchestrator.open({ dataDir })).close();
  const opened = performance.now();
  const ms = (from: number, to: number): string => `${(to - from).toFixed(1)} ms`;
  console.log(
    `second opener refused after ${ms(asked, refused)}; opened ${ms(free, opened)} after kill -9`,
  );
});

it('lets everybody look while another process has the data directory', async () => {
  const dataDir = dirname(newPath());
  await holder(dataDir);
  expect(await listRuns(dataDir)).toMatchObject([{ id: 'one', status: 'running' }]);
  expect(await inspectRun(dataDir, 'one')).toMatchObject({
    tasks: [{ id: 'wait', status: 'running' }],
  });
  const types: string[] = [];
  for await (const { type } of readEvents(dataDir, 'one')) types.push(type);
  expect(types).toEqual(['run.started', 'task.started']);
  await refusal(dataDir);
});

it('is had once by one process too', async () => {
  const dataDir = dirname(newPath());
  await using first = await Orchestrator.open({ dataDir });
  expect((await refusal(dataDir)).pid).toBe(process.pid);
  await first.close();
  await (await Orchestrator.open({ dataDir })).close();
});
