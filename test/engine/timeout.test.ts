import { describe, expect, it } from 'vitest';
import { defineWorkflow } from '../../src/index.js';
import { EngineRig, eventOf, sketch, statuses } from '../support/engine-rig.js';

describe('the timeout of a task', () => {
  it('interrupts the attempt, kills it after the grace, and fails the task', async () => {
    const rig = await EngineRig.open({ grace: '2s' });
    const run = await rig.start(sketch({ a: { timeout: '10m' }, b: {} }));
    const a = await rig.runner.started('a');
    (await rig.runner.started('b')).succeed();
    await rig.clock.pass(600_000);
    await a.stopped('interrupt');
    expect(a.isOver).toBe(false);
    await rig.clock.pass(2_000);
    const { failures } = await run.result;
    expect(a.stops).toEqual(['interrupt', 'kill']);
    expect(failures).toEqual([
      {
        task: 'a',
        error: { code: 'NUFLOW_TIMEOUT', message: expect.stringContaining('600000 ms') },
      },
    ]);
  });

  it('takes what succeeds in the grace as done', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: { timeout: 1_000 } }));
    const a = await rig.runner.started('a');
    await rig.clock.pass(1_000);
    await a.stopped('interrupt');
    a.succeed('just so');
    expect(await run.result).toMatchObject({ status: 'succeeded', outputs: { a: 'just so' } });
    expect(a.stops).toEqual(['interrupt']);
  });

  it('is for one attempt, and may be worth another', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: { timeout: '10s', retry: { maximumAttempts: 2 } } }));
    const first = await rig.runner.started('a');
    await rig.clock.pass(10_000);
    await first.stopped('interrupt');
    first.fail('E_INTERRUPTED');
    const { error, retryAt } = await eventOf(run, 'task.retryScheduled');
    expect(error.code).toBe('NUFLOW_TIMEOUT');
    await rig.clock.reach(retryAt);
    const second = await rig.runner.started('a', 2);
    rig.clock.move(9_999);
    second.succeed();
    expect((await run.result).status).toBe('succeeded');
    expect(second.stops).toEqual([]);
    rig.clock.move(60_000);
    expect(second.stops).toEqual([]);
  });

  it('is not retried when its code is not worth it', async () => {
    const rig = await EngineRig.open();
    const retry = { maximumAttempts: 0, nonRetryableErrors: ['NUFLOW_TIMEOUT'] };
    const run = await rig.start(sketch({ a: { timeout: '10s', retry } }));
    const a = await rig.runner.started('a');
    await rig.clock.pass(10_000);
    await a.stopped('interrupt');
    a.fail();
    expect((await run.result).failures).toMatchObject([{ error: { code: 'NUFLOW_TIMEOUT' } }]);
  });
});

describe('the timeout of a run', () => {
  it('cancels what is left, and fails the run', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ done: {}, a: { needs: ['done'] }, b: { needs: ['a'] } }), {
      timeout: '1h',
    });
    (await rig.runner.started('done')).succeed();
    const a = await rig.runner.started('a');
    await rig.clock.pass(3_600_000);
    await a.stopped('interrupt');
    a.fail();
    const { status, failures } = await run.result;
    expect(status).toBe('failed');
    expect(failures).toEqual([
      {
        task: 'a',
        error: { code: 'NUFLOW_TIMEOUT', message: expect.stringContaining('timeout of the run') },
      },
    ]);
    expect(statuses(run)).toEqual({ done: 'succeeded', a: 'cancelled', b: 'cancelled' });
    expect(await rig.story()).toContain('cancel runTimeout');
  });

  it.each(['waits to be tried again', 'is tried again'])(
    'keeps how a task failed that %s when it comes, also after a restart',
    async (when) => {
      const rig = await EngineRig.open();
      const run = await rig.start(sketch({ a: { retry: { maximumAttempts: 3 } }, b: {} }), {
        timeout: '1h',
      });
      await rig.runner.started('b');
      (await rig.runner.started('a')).fail('E_QUOTA', 'no more servers');
      const { retryAt } = await eventOf(run, 'task.retryScheduled');
      if (when === 'is tried again') {
        await rig.clock.reach(retryAt);
        await rig.runner.started('a', 2);
      }
      rig.runner.onStart = (attempt) => attempt.interrupted();
      await rig.restart();
      const again = await rig.orchestrator.resume('r');
      await again.cancel();
      const error = { code: 'E_QUOTA', message: 'no more servers' };
      expect((await again.result).failures).toEqual([{ task: 'a', error }]);
      expect(again.snapshot().tasks[0]).toMatchObject({ status: 'cancelled', error });
    },
  );

  it('is the workflow’s unless the start says otherwise', async () => {
    const rig = await EngineRig.open();
    const workflow = defineWorkflow('w', {
      timeout: '1h',
      tasks: (t) => ({ a: t.task('a', { runner: 'test' }) }),
    });
    const deadline = async (id: string, timeout?: '2h') => {
      await rig.orchestrator.start(workflow, { id, timeout });
      const [first] = await rig.records(id);
      return (
        first?.type === 'run.started' && Date.parse(first.deadlineAt ?? '') - Date.parse(first.at)
      );
    };
    expect(await deadline('by-workflow')).toBe(3_600_000);
    expect(await deadline('by-start', '2h')).toBe(7_200_000);
    await expect(
      rig.orchestrator.start(workflow, { timeout: 'soon' as never }),
    ).rejects.toMatchObject({
      code: 'NUFLOW_INVALID_DEFINITION',
      details: { path: 'timeout' },
    });
  });

  it('goes on over a restart', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: {} }), { timeout: '1h' });
    await rig.runner.started('a');
    const deadline = rig.clock.now() + 3_600_000;
    rig.clock.move(1_800_000);
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    const a = await rig.runner.started('a');
    await rig.clock.reach(deadline);
    await a.stopped('interrupt');
    a.fail();
    expect((await run.result).status).toBe('failed');
  });

  it('lasts no longer than it was when the clock was set back while nobody was there', async () => {
    const rig = await EngineRig.open();
    rig.clock.setWallClock(864_000_000);
    await rig.start(sketch({ a: {} }), { timeout: '1h' });
    await rig.runner.started('a');
    await rig.orchestrator.close({ mode: 'detach' });
    rig.clock.setWallClock(-864_000_000);
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    const a = await rig.runner.started('a');
    await rig.clock.pass(3_600_000);
    await a.stopped('interrupt');
    a.fail();
    expect((await run.result).status).toBe('failed');
  });

  it('ends the run at once when it passed while nobody was there', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: {}, b: { needs: ['a'] } }), { timeout: '1h' });
    (await rig.runner.started('a')).succeed();
    await rig.runner.started('b');
    await rig.orchestrator.close({ mode: 'detach' });
    rig.clock.move(7_200_000);
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    const b = await rig.runner.started('b');
    await b.stopped('interrupt');
    await rig.clock.pass(5_000); // the grace is not cut short
    expect((await run.result).status).toBe('failed');
    expect(b.stops).toEqual(['interrupt', 'kill']);
  });

  it('leaves a cancel that is under way its grace', async () => {
    const rig = await EngineRig.open({ grace: '10s' });
    const run = await rig.start(sketch({ a: {} }), { timeout: '5s' });
    const a = await rig.runner.started('a');
    const cancelling = run.cancel();
    await a.stopped('interrupt');
    rig.clock.move(5_000);
    expect(a.stops).toEqual(['interrupt']);
    await rig.clock.pass(5_000);
    await cancelling;
    expect((await run.result).status).toBe('cancelled');
  });

  it('has no effect when the run ends before', async () => {
    const rig = await EngineRig.open();
    rig.runner.onStart = (attempt) => attempt.succeed();
    const run = await rig.start(sketch({ a: {} }), { timeout: '1h' });
    expect((await run.result).status).toBe('succeeded');
    expect(rig.clock.awaited).not.toContain(3_600_000);
  });
});
