import { describe, expect, it, onTestFinished } from 'vitest';
import type { Orchestrator, Run } from '../../src/index.js';
import { EngineRig, quiet, sketch } from '../support/engine-rig.js';

/** Rejections that nobody handled, from here on; Node would end the process. */
function unhandled(): unknown[] {
  const seen: unknown[] = [];
  const note = (reason: unknown): void => {
    seen.push(reason);
  };
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', note);
  onTestFinished(() => {
    process.off('unhandledRejection', note);
    for (const other of others) process.on('unhandledRejection', other);
  });
  return seen;
}

const WORKFLOW = sketch({ a: {} });

/** What returns a promise. */
const CALLS: readonly [string, (orchestrator: Orchestrator, run: Run) => unknown][] = [
  ['cancel', (orchestrator) => orchestrator.cancel('r')],
  ['cancel of a run that nobody works on', (orchestrator) => orchestrator.cancel('other')],
  ['start', (orchestrator) => orchestrator.start(WORKFLOW, { id: 'new' })],
  ['start of the same run', (orchestrator) => orchestrator.start(WORKFLOW, { id: 'r' })],
  ['resume', (orchestrator) => orchestrator.resume('other')],
  ['resumeAll', (orchestrator) => orchestrator.resumeAll()],
  ['close', (orchestrator) => orchestrator.close()],
  ['a run’s cancel', (_, run) => run.cancel()],
  ['a run’s result', (_, run) => run.result],
  ['a run’s ended', (_, run) => run.ended],
  ['a run’s output', (_, run) => run.output('a')],
  ['a run’s next event', (_, run) => run.events().next()],
];

/** `r` runs; `other` was left unfinished by an orchestrator before. */
async function opened(): Promise<{ rig: EngineRig; run: Run }> {
  const rig = await EngineRig.open();
  await rig.start(WORKFLOW, { id: 'other' });
  await rig.restart();
  rig.runner.onStart = (attempt) => {
    attempt.onStop = () => attempt.fail();
  };
  const run = await rig.start(WORKFLOW);
  await rig.runner.started('a');
  return { rig, run };
}

describe('a call that nobody waits for', () => {
  describe.each(['detach', 'stop', 'cancel'] as const)('beside close (%s)', (mode) => {
    it.each(CALLS)('does not end the process: %s', async (_, call) => {
      const seen = unhandled();
      const { rig, run } = await opened();
      const calls = [call(rig.orchestrator, run)];
      const closing = rig.orchestrator.close({ mode });
      calls.push(call(rig.orchestrator, run));
      await closing;
      calls.push(call(rig.orchestrator, run));
      await quiet();
      expect(seen).toEqual([]);
      await Promise.allSettled(calls); // before their files are removed
    });
  });

  it('is still told to whoever waits for it', async () => {
    const { rig, run } = await opened();
    (await rig.runner.started('a')).onStop = () => {};
    const cancelled = rig.orchestrator.cancel('r');
    const ended = run.ended;
    await rig.orchestrator.close({ mode: 'detach' });
    for (const call of [cancelled, ended, run.result])
      await expect(call).rejects.toMatchObject({ code: 'NUFLOW_RUN_UNFINISHED' });
    await expect(rig.orchestrator.cancel('r')).rejects.toMatchObject({ code: 'NUFLOW_CLOSED' });
  });

  it('is not kept quiet about anything else', async () => {
    const seen = unhandled();
    const { rig } = await opened();
    void rig.orchestrator.resume('nowhere');
    await expect
      .poll(() => seen)
      .toEqual([expect.objectContaining({ code: 'NUFLOW_RUN_NOT_FOUND' })]);
  });
});

describe('one signal of many runs', () => {
  it('cancels them all, and is not taken for a leak', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => {
      warnings.push(warning);
    };
    process.on('warning', note);
    onTestFinished(() => {
      process.off('warning', note);
    });
    const rig = await EngineRig.open({ concurrency: 50 });
    const { signal, abort } = controller();
    const ids = Array.from({ length: 50 }, (_, i) => `r${i}`);
    const runs = await Promise.all(ids.map((id) => rig.start(WORKFLOW, { id, signal })));
    const late = await rig.start(sketch({}), { id: 'ended', signal });
    await late.ended;
    for (const attempt of await rig.runner.atWork(50)) attempt.onStop = () => attempt.fail();
    abort();
    await Promise.all(runs.map((run) => run.ended));
    expect(runs.map((run) => run.snapshot().status)).toEqual(ids.map(() => 'cancelled'));
    expect(warnings).toEqual([]);
  });
});

function controller(): { signal: AbortSignal; abort: () => void } {
  const made = new AbortController();
  return { signal: made.signal, abort: () => made.abort() };
}
