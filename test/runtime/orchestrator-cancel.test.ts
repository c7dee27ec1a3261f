import { describe, expect, it } from 'vitest';
import { defineWorkflow } from '../../src/index.js';
import { ControlledRunner } from '../support/controlled-runner.js';
import { EngineRig, eventOf, quiet, sketch, statuses } from '../support/engine-rig.js';

describe('cancelling a run', () => {
  it('interrupts what runs, cancels what waits, and resolves when all has ended', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ done: {}, a: { needs: ['done'] }, b: { needs: ['a'] } }));
    (await rig.runner.started('done')).succeed('kept');
    const a = await rig.runner.started('a');
    const cancelling = run.cancel('no money');
    await a.stopped('interrupt');
    await eventOf(run, 'run.cancelRequested');
    expect(run.snapshot().status).toBe('cancelling');
    a.fail('E_INTERRUPTED');
    await cancelling;
    expect(await run.result).toEqual({
      status: 'cancelled',
      outputs: { done: 'kept' },
      failures: [],
    });
    expect(statuses(run)).toEqual({ done: 'succeeded', a: 'cancelled', b: 'cancelled' });
    expect(a.stops).toEqual(['interrupt']);
    expect(await rig.records()).toMatchObject({
      4: { type: 'run.cancelRequested', reason: 'requested', message: 'no money' },
    });
    expect(rig.clock.awaited.filter((ms) => ms !== 1_000)).toEqual([]); // but for the index's
  });

  it('comes too late for a run whose end is on its way to the disk, and writes nothing behind it', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    const a = await rig.runner.started('a');
    const syncs = rig.holdSyncs();
    a.succeed();
    await syncs.asked();
    const cancelling = run.cancel();
    syncs.open();
    await cancelling;
    expect((await rig.story()).at(-1)).toBe('finished succeeded');
    await rig.restart();
    expect((await (await rig.orchestrator.resume('r')).result).status).toBe('succeeded');
  });

  it('kills what did not end within the grace', async () => {
    const rig = await EngineRig.open({ grace: '3s' });
    const run = await rig.start(sketch({ a: {} }));
    const a = await rig.runner.started('a');
    const cancelling = run.cancel();
    await a.stopped('interrupt');
    await rig.clock.pass(3_000);
    await cancelling;
    expect(a.stops).toEqual(['interrupt', 'kill']);
  });

  it('kills at once when asked again', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    const a = await rig.runner.started('a');
    await Promise.all([run.cancel('first'), run.cancel('second')]);
    expect(a.stops).toEqual(['interrupt', 'kill']);
    expect((await rig.story()).filter((line) => line.startsWith('cancel '))).toEqual([
      'cancel requested',
    ]);
  });

  it('counts what succeeds all the same as done, and the run as done when nothing was cut short', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    const a = await rig.runner.started('a');
    const cancelling = run.cancel();
    a.succeed('in time');
    await cancelling;
    expect(await run.result).toMatchObject({ status: 'succeeded', outputs: { a: 'in time' } });
  });

  it('ends a wait for a retry, and a task that is held', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(
      sketch({ retries: { retry: { maximumAttempts: 2 } }, held: { onInterrupted: 'hold' } }),
    );
    (await rig.runner.started('retries')).fail();
    (await rig.runner.started('held')).interrupted();
    await eventOf(run, 'task.retryScheduled');
    await eventOf(run, 'task.interrupted');
    await run.cancel();
    expect(statuses(run)).toEqual({ retries: 'cancelled', held: 'cancelled' });
  });

  it('changes nothing when the run has ended', async () => {
    const rig = await EngineRig.open();
    rig.runner.onStart = (attempt) => attempt.succeed();
    const run = await rig.start(sketch({ a: {} }));
    await run.result;
    await run.cancel();
    await rig.orchestrator.cancel('r');
    await rig.restart();
    await rig.orchestrator.cancel('r');
    expect((await rig.orchestrator.inspect('r')).status).toBe('succeeded');
  });

  it('changes nothing when the end of the run is on its way to the disk', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    const a = await rig.runner.started('a');
    const syncs = rig.holdSyncs();
    a.succeed();
    await syncs.asked(); // of run.finished
    const cancelling = run.cancel();
    syncs.open();
    await cancelling;
    expect((await run.result).status).toBe('succeeded');
    expect((await rig.story()).at(-1)).toBe('finished succeeded');
  });

  it('takes what a caller passes for a message only when it is text', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    const cancelling = run.cancel({ type: 'click' } as never);
    (await rig.runner.started('a')).fail();
    await cancelling;
    await rig.restart();
    expect((await rig.orchestrator.inspect('r')).status).toBe('cancelled');
  });

  it('can be done by a listener', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] }, c: { needs: ['b'] } }));
    let cancelling: Promise<void> | undefined;
    run.on('task.succeeded', () => {
      cancelling ??= run.cancel();
    });
    (await rig.runner.started('a')).succeed();
    await eventOf(run, 'run.cancelRequested');
    await quiet();
    for (const attempt of rig.runner.running) attempt.fail();
    await cancelling;
    expect((await run.result).status).toBe('cancelled');
    expect(rig.runner.of('c')).toEqual([]);
  });
});

describe('cancelling by an AbortSignal', () => {
  it('refuses to start when it is aborted already', async () => {
    const rig = await EngineRig.open();
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(rig.start(sketch({ a: {} }), { signal })).rejects.toThrow('too late');
    expect(await rig.orchestrator.list()).toEqual([]);
  });

  it('cancels the run when it is aborted', async () => {
    const rig = await EngineRig.open();
    const controller = new AbortController();
    const run = await rig.start(sketch({ a: {} }), { signal: controller.signal });
    const a = await rig.runner.started('a');
    controller.abort();
    await a.stopped('interrupt');
    a.fail();
    expect((await run.result).status).toBe('cancelled');
    expect(await rig.story()).toContain('cancel signal');
  });

  it('cancels the run when it is aborted while the run is being accepted', async () => {
    const rig = await EngineRig.open();
    rig.runner.onStart = (attempt) => {
      attempt.onStop = () => attempt.fail();
    };
    const controller = new AbortController();
    const syncs = rig.holdSyncs();
    const starting = rig.start(sketch({ a: {} }), { signal: controller.signal });
    await syncs.asked();
    controller.abort();
    syncs.open();
    expect((await (await starting).result).status).toBe('cancelled');
  });

  it('leaves nothing at the signal once the run has ended', async () => {
    const rig = await EngineRig.open();
    rig.runner.onStart = (attempt) => attempt.succeed();
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, args);
    };
    const run = await rig.start(sketch({ a: {} }), { signal });
    await run.result;
    await rig.start(sketch({ a: {} }), { signal });
    await quiet();
    expect(listeners).toBe(0);
  });
});

describe('cancelling a run nobody works on', () => {
  it('starts nothing of it, stops what it still finds running, and keeps the message', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: {}, b: {}, c: { needs: ['a'] } }), { id: 'r' });
    await rig.runner.started('b');
    await rig.restart();
    const cancelling = rig.orchestrator.cancel('r', 'not needed');
    const a = await rig.runner.started('a');
    const b = await rig.runner.started('b');
    await Promise.all([a.stopped('interrupt'), b.stopped('interrupt')]);
    expect([a.adopted, b.adopted]).toEqual([true, true]);
    a.interrupted();
    b.succeed('was done');
    await cancelling;
    const { status, tasks } = await rig.orchestrator.inspect('r');
    expect([status, ...tasks.map((task) => task.status)]).toEqual([
      'cancelled',
      'cancelled',
      'succeeded',
      'cancelled',
    ]);
    expect(await rig.records()).toMatchObject({
      4: { type: 'run.cancelRequested', message: 'not needed' },
    });
  });

  it('stops all of it at once, however few slots there are', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: {}, b: {}, c: {} }));
    await rig.runner.atWork(3);
    await rig.restart({ concurrency: 1 });
    const cancelling = rig.orchestrator.cancel('r');
    for (const attempt of await rig.runner.atWork(3)) await attempt.stopped('interrupt');
    for (const attempt of rig.runner.running) attempt.fail();
    await cancelling;
  });

  it('needs no source, and no pool', async () => {
    const rig = await EngineRig.open({ pools: { cloud: { concurrency: 1 } } });
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        a: t.task('a', { runner: 'test', pool: 'cloud', with: { x: () => 1 } }),
        b: t.fn('b', { run: () => 1 }),
      }),
    });
    await rig.orchestrator.start(workflow, { id: 'r' });
    await rig.runner.started('a');
    await rig.restart({ pools: {} });
    await expect(rig.orchestrator.resume('r')).rejects.toMatchObject({
      code: 'NUFLOW_WORKFLOW_NOT_REGISTERED',
    });
    const cancelling = rig.orchestrator.cancel('r');
    (await rig.runner.started('a')).fail();
    await cancelling;
    expect((await rig.orchestrator.inspect('r')).status).toBe('cancelled');
  });

  it('is refused when the runner that could stop what runs is missing', async () => {
    const other = new ControlledRunner();
    const rig = await EngineRig.open({ runners: { other } });
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({ a: t.task('a', { runner: 'other' }) }),
    });
    await rig.orchestrator.start(workflow, { id: 'r' });
    await other.started('a');
    await rig.restart({ runners: {} });
    const before = await rig.story();
    await expect(rig.orchestrator.cancel('r')).rejects.toMatchObject({
      code: 'NUFLOW_UNKNOWN_RUNNER',
    });
    expect(await rig.story()).toEqual(before);
  });

  it('goes on cancelling after a restart, with a grace of its own', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] } }));
    void run.cancel('once').catch(() => {});
    await eventOf(run, 'run.cancelRequested');
    await rig.restart();
    const resumed = await rig.orchestrator.resume('r');
    const a = await rig.runner.started('a');
    await a.stopped('interrupt');
    await rig.clock.pass(5_000);
    expect((await resumed.result).status).toBe('cancelled');
    expect(a.stops).toEqual(['interrupt', 'kill']);
  });
});
