import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defineWorkflow, Orchestrator, type Run } from '../../src/index.js';
import { EngineRig, sketch } from '../support/engine-rig.js';

/** Whether a process is gone, or waits only to be taken note of. Looked at without a turn of the event loop. */
function hasEnded(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return true;
  }
}

const lock = new Int32Array(new SharedArrayBuffer(4));

/** Keeps the event loop from turning until it is so. */
function blockUntil(isSo: () => boolean): void {
  while (!isSo()) Atomics.wait(lock, 0, 0, 5);
}

const TIMEOUT_MS = 3_000;

/** A run whose only task ends with exit code 3 while the event loop stands still past a timeout. */
async function stalled(options: { task?: number; run?: number }): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'nuflow-stall-'));
  const orchestrator = await Orchestrator.open({ dataDir: join(folder, 'data') });
  onTestFinished(async () => {
    await orchestrator.close({ mode: 'stop' });
    rmSync(folder, { recursive: true, force: true });
  });
  const go = join(folder, 'go');
  const script = 'while [ ! -e "$1" ]; do sleep .01; done; exit 3';
  const workflow = defineWorkflow('stalled', {
    tasks: (t) => {
      const retry = { maximumAttempts: 2, initialInterval: 1, nonRetryableErrors: ['NUFLOW_EXIT'] };
      const args = ['-c', script, 'sh', go];
      return { a: t.shell('a', { command: 'sh', args, retry, timeout: options.task }) };
    },
  });
  const began = performance.now();
  const run = await orchestrator.start(workflow, { id: 'r', timeout: options.run });
  run.on('task.spawned', ({ pid }) => {
    writeFileSync(go, '');
    blockUntil(() => hasEnded(pid) && performance.now() - began > TIMEOUT_MS + 500);
  });
  return run;
}

describe('an end that came before a timeout, and was told after it,', () => {
  it('counts for the timeout of its task', async () => {
    const run = await stalled({ task: TIMEOUT_MS });
    expect((await run.result).failures).toMatchObject([{ error: { code: 'NUFLOW_EXIT' } }]);
    expect(run.snapshot().tasks[0]?.attempts).toBe(1);
  });

  it('counts for the timeout of its run', async () => {
    const run = await stalled({ run: TIMEOUT_MS });
    expect((await run.result).failures).toMatchObject([{ error: { code: 'NUFLOW_EXIT' } }]);
  });

  it('is looked for by the runner', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: { timeout: '10s' } }));
    const a = await rig.runner.started('a');
    let looks = 0;
    a.hasEnded = async () => ++looks > 0;
    await rig.clock.pass(10_000);
    await expect.poll(() => looks).toBe(1);
    a.fail('E_OWN');
    expect((await run.result).failures).toMatchObject([{ error: { code: 'E_OWN' } }]);
    expect(a.stops).toEqual([]);
  });

  it('is looked for in vain when the runner can’t tell', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: { timeout: '10s' } }));
    const a = await rig.runner.started('a');
    a.hasEnded = () => Promise.reject(new Error('no idea'));
    await rig.clock.pass(10_000);
    await a.stopped('interrupt');
    a.fail();
  });
});
