import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineWorkflow, type OnFailure } from '../../src/index.js';
import { HeldRig } from './held-rig.js';

/** How often `server` ran; its first attempt never ends. */
let calls = 0;
const server = z.object({ id: z.string() });
const workflow = defineWorkflow('held', {
  tasks: (t) => {
    const created = t.fn('server', {
      output: server,
      onInterrupted: 'hold',
      run: () =>
        ++calls === 1 ? new Promise<{ id: string }>(() => {}) : { id: `made by ${calls}` },
    });
    const volume = t.fn('volume', {
      needs: { server: created },
      run: ({ needs }) => `volume of ${needs.server.id}`,
    });
    return { server: created, volume };
  },
});

/** Beside the held task another one, which fails when it is run again. */
const beside = (onFailure: OnFailure) =>
  defineWorkflow('beside', {
    onFailure,
    tasks: (t) => {
      t.fn('held', { onInterrupted: 'hold', run: () => new Promise(() => {}) });
      t.fn('bad', { onInterrupted: 'fail', run: () => new Promise(() => {}) });
      return {};
    },
  });

let rig: HeldRig;
afterEach(() => rig.remove());

/** A run whose task `server` is held, in a new orchestrator. */
const heldRun = async () => {
  calls = 0;
  rig = new HeldRig(workflow);
  await rig.startAndLeave(['server']);
  return rig.resumeUntilHeld();
};

describe('a run with a held task', () => {
  it('waits, and shows what for', async () => {
    const run = await heldRun();
    expect(run.snapshot()).toMatchObject({
      status: 'running',
      held: ['server'],
      progress: { total: 2, done: 0, running: 0, held: 1 },
      tasks: [{ id: 'server', status: 'interrupted', heldAt: expect.any(String) }, {}],
    });
    expect(run.progress().etaMs).toBeUndefined();
    expect(await rig.orchestrator.list()).toMatchObject([{ tasks: { held: 1 } }]);
    expect((await rig.records()).at(-1)).toMatchObject({ type: 'task.interrupted', next: 'hold' });
  });

  it('runs the task again, as its next attempt, when told to', async () => {
    const run = await heldRun();
    await rig.orchestrator.decide('r', 'server', 'rerun', { message: 'nothing was made' });
    const { status, outputs } = await run.result;
    expect({ status, outputs }).toEqual({
      status: 'succeeded',
      outputs: { server: { id: 'made by 2' }, volume: 'volume of made by 2' },
    });
    expect(await rig.records()).toContainEqual(
      expect.objectContaining({
        type: 'task.decided',
        attempt: 1,
        decision: 'rerun',
        message: 'nothing was made',
      }),
    );
    expect(run.snapshot().tasks[0]).toMatchObject({ attempts: 2 });
  });

  it('goes on with the output it is given, and does not run the task again', async () => {
    const run = await heldRun();
    await rig.orchestrator.decide('r', 'server', 'done', { output: { id: 'found', extra: 1 } });
    const { status, outputs } = await run.result;
    expect({ status, outputs, calls }).toEqual({
      status: 'succeeded',
      // As the schema gives it.
      outputs: { server: { id: 'found' }, volume: 'volume of found' },
      calls: 1,
    });
  });

  it('fails the task, and what needs it, with the words it is given', async () => {
    const run = await heldRun();
    await rig.orchestrator.decide('r', 'server', 'fail', { message: 'the provider lost it' });
    const { status, failures } = await run.result;
    const error = { code: 'NUFLOW_DECIDED_FAILED', message: 'the provider lost it' };
    expect({ status, failures }).toEqual({
      status: 'failed',
      failures: [{ task: 'server', error }],
    });
    expect(run.snapshot().tasks[1]).toMatchObject({ status: 'upstreamFailed' });
  });

  it('is still held after another restart, and can be decided when nobody works on it', async () => {
    await heldRun();
    await rig.orchestrator.close();
    const orchestrator = await rig.open();
    await orchestrator.decide('r', 'server', 'done', { output: { id: 'found' } });
    const { outputs } = (await orchestrator.get('r')?.result) ?? {};
    expect(outputs).toMatchObject({ volume: 'volume of found' });
  });

  it('ends when it is cancelled', async () => {
    const run = await heldRun();
    await run.cancel();
    expect(run.snapshot()).toMatchObject({
      status: 'cancelled',
      held: [],
      tasks: [{ status: 'cancelled', attempts: 1 }, { status: 'cancelled' }],
    });
  });

  it('ends when its time is up', async () => {
    rig = new HeldRig(workflow);
    calls = 0;
    await rig.startAndLeave(['server'], { timeout: 1_000 });
    const run = await (await rig.open()).resume('r');
    expect(await run.result).toMatchObject({ status: 'failed' });
    expect(run.snapshot().tasks[0]).toMatchObject({ status: 'cancelled', reason: 'runTimeout' });
  });
});

describe('a decision is refused, with nothing written,', () => {
  const refused = async (
    decide: () => Promise<void>,
    code: string,
    details: object = {},
  ): Promise<void> => {
    const before = await rig.records();
    await expect(decide()).rejects.toMatchObject({ code, details });
    expect(await rig.records()).toEqual(before);
  };

  it('when its task was decided already, also at the same time', async () => {
    const run = await heldRun();
    const { decide } = bound();
    const both = await Promise.allSettled([
      decide('server', 'done', { output: { id: 'one' } }),
      decide('server', 'done', { output: { id: 'two' } }),
    ]);
    expect(both).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'NUFLOW_NOT_HELD' } },
    ]);
    expect(await run.result).toMatchObject({ outputs: { server: { id: 'one' } } });
    await refused(() => decide('server', 'rerun'), 'NUFLOW_NOT_HELD', { status: 'succeeded' });
    const decided = (await rig.records()).filter(({ type }) => type === 'task.decided');
    expect(decided).toHaveLength(1);
  });

  it('when the task waits for others, or there is none of that name', async () => {
    await heldRun();
    const { decide } = bound();
    await refused(() => decide('volume', 'rerun'), 'NUFLOW_NOT_HELD', { status: 'pending' });
    await refused(() => decide('none', 'rerun'), 'NUFLOW_TASK_NOT_FOUND', { task: 'none' });
    await refused(() => rig.orchestrator.decide('none', 'server', 'rerun'), 'NUFLOW_RUN_NOT_FOUND');
  });

  it('and a run that nobody works on is left alone', async () => {
    await heldRun();
    await rig.orchestrator.close();
    await rig.open();
    const { decide } = bound();
    await refused(() => decide('volume', 'rerun'), 'NUFLOW_NOT_HELD', { status: 'pending' });
    expect(rig.orchestrator.get('r')).toBeUndefined();
  });

  it('when its output is not one the task could have', async () => {
    await heldRun();
    const { decide } = bound();
    await refused(() => decide('server', 'done', { output: { id: 1 } }), 'NUFLOW_OUTPUT_INVALID');
    await refused(() => decide('server', 'done'), 'NUFLOW_OUTPUT_INVALID');
    await refused(() => decide('server', 'done', { output: new Date(0) }), 'NUFLOW_NOT_JSON');
  });

  it('when it makes no sense', async () => {
    await heldRun();
    const { decide } = bound();
    const option = 'NUFLOW_INVALID_OPTION';
    await refused(() => decide('server', 'maybe' as 'done'), option, { option: 'decision' });
    await refused(() => decide('server', 'fail', { output: 1 }), option, { option: 'output' });
    await refused(() => decide('server', 'fail', { message: '\ud800' }), option);
  });

  function bound() {
    const { orchestrator } = rig;
    const decide = (...[task, decision, options]: DecideArguments) =>
      orchestrator.decide('r', task, decision, options);
    return { decide };
  }
  type DecideArguments =
    Parameters<typeof rig.orchestrator.decide> extends [string, ...infer Rest] ? Rest : never;
});

describe('a failure beside a held task', () => {
  it('that lets what runs end waits for the decision, which can no longer be to run again', async () => {
    rig = new HeldRig(beside('finish'));
    await rig.startAndLeave(['held', 'bad']);
    const run = await rig.resumeUntilHeld();
    await expect(run.decide('held', 'rerun')).rejects.toMatchObject({
      code: 'NUFLOW_RERUN_REFUSED',
    });
    await run.decide('held', 'done');
    expect(await run.result).toMatchObject({ status: 'failed', failures: [{ task: 'bad' }] });
    expect(run.snapshot().tasks[0]).toMatchObject({ status: 'succeeded', output: null });
  });

  it('that cancels what runs cancels it too', async () => {
    rig = new HeldRig(beside('terminate'));
    await rig.startAndLeave(['held', 'bad']);
    const run = await (await rig.open()).resume('r');
    expect(await run.result).toMatchObject({ status: 'failed' });
    expect(run.snapshot().tasks[0]).toMatchObject({ status: 'cancelled', reason: 'terminate' });
  });
});
