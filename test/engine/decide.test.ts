import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineWorkflow, type OnFailure, type Run, type StartOptions } from '../../src/index.js';
import { EngineRig, sketch, statuses } from '../support/engine-rig.js';

const workflow = defineWorkflow('held', {
  tasks: (t) => {
    const output = z.object({ id: z.string() });
    const server = t.task('server', { runner: 'test', output, onInterrupted: 'hold' });
    const volume = t.task('volume', {
      runner: 'test',
      needs: { server },
      with: { of: { $output: 'server.id' } },
    });
    return { server, volume };
  },
});

/** A run whose task `server` died without an outcome, resumed: the task is held. */
async function heldRun(options: StartOptions<unknown> = {}): Promise<{ rig: EngineRig; run: Run }> {
  const rig = await EngineRig.open();
  await rig.start(workflow, options);
  await rig.runner.started('server');
  await rig.restart();
  const run = await rig.orchestrator.resume('r');
  (await rig.runner.started('server')).interrupted();
  await expect.poll(() => run.snapshot().held).toEqual(['server']);
  return { rig, run };
}

/** Lets the task that comes after the held one succeed; what it was given. */
async function volumeOf(rig: EngineRig): Promise<unknown> {
  const volume = await rig.runner.started('volume');
  volume.succeed();
  return volume.given.with;
}

describe('a run with a held task', () => {
  it('waits, and shows what for', async () => {
    const { rig, run } = await heldRun();
    expect(run.waitsForDecision).toBe(true);
    expect(run.snapshot()).toMatchObject({
      status: 'running',
      held: ['server'],
      progress: { total: 2, done: 0, running: 0, held: 1 },
      tasks: [{ id: 'server', status: 'interrupted', heldAt: expect.any(String) }, {}],
    });
    expect(run.progress().etaMs).toBeUndefined();
    expect(await rig.orchestrator.list()).toMatchObject([{ tasks: { held: 1 } }]);
    expect((await rig.story()).at(-1)).toBe('interrupted server hold');
    expect(rig.runner.running).toEqual([]);
  });

  it('runs the task again, as its next attempt, when told to', async () => {
    const { rig, run } = await heldRun();
    await rig.orchestrator.decide('r', 'server', 'rerun', { message: 'nothing was made' });
    const again = await rig.runner.started('server', 2);
    expect(again).toMatchObject({ attempt: 2, adopted: false });
    again.succeed({ id: 'second' });
    expect(await volumeOf(rig)).toEqual({ of: 'second' });
    expect(await run.result).toMatchObject({
      status: 'succeeded',
      outputs: { server: { id: 'second' } },
    });
    expect(await rig.records()).toContainEqual(
      expect.objectContaining({
        type: 'task.decided',
        attempt: 1,
        decision: 'rerun',
        message: 'nothing was made',
      }),
    );
  });

  it('goes on with the output it is given, and does not run the task again', async () => {
    const { rig, run } = await heldRun();
    await run.decide('server', 'done', { output: { id: 'found' } });
    expect(await volumeOf(rig)).toEqual({ of: 'found' });
    expect((await run.result).outputs).toEqual({ server: { id: 'found' }, volume: null });
    expect(rig.runner.order).toEqual(['server', 'volume']);
  });

  it('keeps an output in a file when it is big', async () => {
    const { rig, run } = await heldRun();
    const id = 'x'.repeat(300 * 1024);
    await run.decide('server', 'done', { output: { id } });
    expect(await volumeOf(rig)).toEqual({ of: id });
    expect((await run.result).outputs).toEqual({ server: { id }, volume: null });
    expect(run.snapshot().tasks[0]).toHaveProperty('outputFile');
  });

  it('fails the task, and what needs it, with the words it is given', async () => {
    const { run } = await heldRun();
    await run.decide('server', 'fail', { message: 'the provider lost it' });
    const error = { code: 'NUFLOW_DECIDED_FAILED', message: 'the provider lost it' };
    expect(await run.result).toMatchObject({
      status: 'failed',
      failures: [{ task: 'server', error }],
    });
    expect(statuses(run)).toEqual({ server: 'failed', volume: 'upstreamFailed' });
  });

  it('is still held after another restart, and can be decided when nobody works on it', async () => {
    const { rig } = await heldRun();
    await rig.restart();
    await rig.orchestrator.decide('r', 'server', 'done', { output: { id: 'found' } });
    expect(await volumeOf(rig)).toEqual({ of: 'found' });
    expect(await rig.orchestrator.get('r')?.result).toMatchObject({ status: 'succeeded' });
    expect(rig.runner.order).toEqual(['volume']);
  });

  it('ends when it is cancelled', async () => {
    const { run } = await heldRun();
    await run.cancel();
    expect(run.snapshot()).toMatchObject({
      status: 'cancelled',
      held: [],
      tasks: [{ status: 'cancelled', attempts: 1 }, { status: 'cancelled' }],
    });
  });

  it('ends when its time is up', async () => {
    const { rig, run } = await heldRun({ timeout: '1h' });
    await rig.clock.pass(3_600_000);
    expect(await run.result).toMatchObject({ status: 'failed' });
    expect(run.snapshot().tasks[0]).toMatchObject({ status: 'cancelled', reason: 'runTimeout' });
  });
});

describe('a decision is refused, with nothing written,', () => {
  type Decide = Parameters<Run['decide']>;

  const refused = async (
    rig: EngineRig,
    decide: Decide,
    code: string,
    details: object = {},
  ): Promise<void> => {
    const before = await rig.records();
    const decided = rig.orchestrator.decide('r', ...decide);
    await expect(decided).rejects.toMatchObject({ code, details });
    expect(await rig.records()).toEqual(before);
  };

  it('when its task was decided already, also at the same time', async () => {
    const { rig, run } = await heldRun();
    const both = await Promise.allSettled([
      run.decide('server', 'done', { output: { id: 'one' } }),
      run.decide('server', 'done', { output: { id: 'two' } }),
    ]);
    expect(both).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'NUFLOW_NOT_HELD' } },
    ]);
    await volumeOf(rig);
    expect((await run.result).outputs).toMatchObject({ server: { id: 'one' } });
    await refused(rig, ['server', 'rerun'], 'NUFLOW_NOT_HELD', { status: 'succeeded' });
    const decided = (await rig.story()).filter((line) => line.startsWith('decided'));
    expect(decided).toEqual(['decided server']);
  });

  it('when the run is cancelled while its output is written', async () => {
    const { rig, run } = await heldRun();
    const cancelled = new Promise<void>((resolve) => {
      rig.disk.beforeSync = async (path) => {
        if (path.endsWith('.json.tmp')) resolve(run.cancel());
      };
    });
    const decided = run.decide('server', 'done', { output: { id: 'x'.repeat(300 * 1024) } });
    await expect(decided).rejects.toMatchObject({ code: 'NUFLOW_NOT_HELD' });
    await cancelled;
    expect(statuses(run)).toEqual({ server: 'cancelled', volume: 'cancelled' });
  });

  it('when the task waits for others, or there is none of that name', async () => {
    const { rig } = await heldRun();
    await refused(rig, ['volume', 'rerun'], 'NUFLOW_NOT_HELD', { status: 'pending' });
    await refused(rig, ['none', 'rerun'], 'NUFLOW_TASK_NOT_FOUND', { task: 'none' });
    await expect(rig.orchestrator.decide('none', 'server', 'rerun')).rejects.toMatchObject({
      code: 'NUFLOW_RUN_NOT_FOUND',
    });
  });

  it('and a run that nobody works on is left alone', async () => {
    const { rig } = await heldRun();
    await rig.restart();
    await refused(rig, ['volume', 'rerun'], 'NUFLOW_NOT_HELD', { status: 'pending' });
    expect(rig.orchestrator.get('r')).toBeUndefined();
  });

  it('when its output is not one the task could have', async () => {
    const { rig } = await heldRun();
    const invalid = 'NUFLOW_OUTPUT_INVALID';
    await refused(rig, ['server', 'done', { output: { id: 1 } }], invalid, { task: 'server' });
    await refused(rig, ['server', 'done'], invalid);
    await refused(rig, ['server', 'done', { output: new Date(0) }], 'NUFLOW_NOT_JSON');
  });

  it('when it makes no sense', async () => {
    const { rig } = await heldRun();
    const option = 'NUFLOW_INVALID_OPTION';
    await refused(rig, ['server', 'maybe' as 'done'], option, { option: 'decision' });
    await refused(rig, ['server', 'fail', { output: 1 }], option, { option: 'output' });
    await refused(rig, ['server', 'fail', { message: '\ud800' }], option, { option: 'message' });
  });

  it('when the orchestrator is closed', async () => {
    const { rig, run } = await heldRun();
    await rig.orchestrator.close();
    await refused(rig, ['server', 'rerun'], 'NUFLOW_CLOSED');
    await expect(run.decide('server', 'rerun')).rejects.toMatchObject({
      code: 'NUFLOW_RUN_UNFINISHED',
    });
  });
});

describe('a failure beside a held task', () => {
  /** A run whose task `held` is held and whose task `bad` has failed. */
  const besideFailure = async (onFailure: OnFailure): Promise<{ rig: EngineRig; run: Run }> => {
    const rig = await EngineRig.open();
    const tasks = { held: { onInterrupted: 'hold' }, bad: { onInterrupted: 'fail' } } as const;
    await rig.start(sketch(tasks), { onFailure });
    await rig.runner.atWork(2);
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    for (const task of ['held', 'bad']) (await rig.runner.started(task)).interrupted();
    await expect.poll(() => statuses(run)).toMatchObject({ bad: 'failed' });
    return { rig, run };
  };

  it('that lets what runs end waits for the decision, which can no longer be to run again', async () => {
    const { rig, run } = await besideFailure('finish');
    await expect(run.decide('held', 'rerun')).rejects.toMatchObject({
      code: 'NUFLOW_RERUN_REFUSED',
    });
    await rig.restart();
    await expect(rig.orchestrator.decide('r', 'held', 'rerun')).rejects.toMatchObject({
      code: 'NUFLOW_RERUN_REFUSED',
    });
    await rig.orchestrator.decide('r', 'held', 'done');
    const ended = await rig.orchestrator.resume('r');
    expect(await ended.result).toMatchObject({ status: 'failed', failures: [{ task: 'bad' }] });
    expect(ended.snapshot().tasks[0]).toMatchObject({ status: 'succeeded', output: null });
  });

  it('that cancels what runs cancels it too', async () => {
    const { run } = await besideFailure('terminate');
    expect(await run.result).toMatchObject({ status: 'failed' });
    expect(run.snapshot().tasks[0]).toMatchObject({ status: 'cancelled', reason: 'terminate' });
  });
});
