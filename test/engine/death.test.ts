import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defineWorkflow, Orchestrator, type Run } from '../../src/index.js';
import type { ControlledAttempt } from '../support/controlled-runner.js';
import { EngineRig, eventOf, type Sketch, sketch } from '../support/engine-rig.js';

const KILLED = { code: 'NUFLOW_SIGNAL', message: 'The process was ended.', signal: 'SIGKILL' };
const PROBE = { probe: { find: 'it' } };
const TWICE = { retry: { maximumAttempts: 2, initialInterval: '1s' } } as const;

/** A run of one task, `a`, whose first attempt runs. */
async function running(a: Sketch): Promise<{ rig: EngineRig; run: Run; first: ControlledAttempt }> {
  const rig = await EngineRig.open({ grace: 50 });
  const run = await rig.start(sketch({ a }));
  return { rig, run, first: await rig.runner.started('a') };
}

/** The same, its attempt killed while the orchestrator watched. */
async function killed(a: Sketch): Promise<{ rig: EngineRig; run: Run }> {
  const { rig, run, first } = await running(a);
  first.interrupted(KILLED);
  return { rig, run };
}

/** The probe, after what an earlier orchestrator may have left of it was killed. */
async function asked(rig: EngineRig): Promise<ControlledAttempt> {
  for (let n = 1; ; n++) {
    const attempt = await rig.runner.started('a', n);
    if (attempt.given.dir.endsWith('/probe') && !attempt.adopted) return attempt;
  }
}

const lastOf = async (rig: EngineRig): Promise<string | undefined> => (await rig.story()).at(-1);

describe('an attempt that died before the eyes of its orchestrator, without a probe,', () => {
  it('is a failed attempt: retried by the policy, and counted', async () => {
    const { rig, run } = await killed(TWICE);
    const { error, retryAt } = await eventOf(run, 'task.retryScheduled');
    expect(error).toEqual(KILLED);
    await rig.clock.reach(retryAt);
    (await rig.runner.started('a', 2)).interrupted(KILLED);
    expect((await run.result).failures).toEqual([{ task: 'a', error: KILLED }]);
  });

  it('fails the task when the task is not to be retried', async () => {
    const { run } = await killed({});
    expect((await run.result).failures).toEqual([{ task: 'a', error: KILLED }]);
  });

  it('fails the task when its error is not worth another attempt', async () => {
    const retry = { maximumAttempts: 0, nonRetryableErrors: ['NUFLOW_SIGNAL'] };
    const { run } = await killed({ retry });
    expect((await run.result).failures).toEqual([{ task: 'a', error: KILLED }]);
  });

  it('is held when the task says so, and says how it died', async () => {
    const { rig, run } = await killed({ ...TWICE, onInterrupted: 'hold' });
    await expect.poll(() => run.snapshot().held).toEqual(['a']);
    expect(run.snapshot().tasks[0]?.error).toEqual(KILLED);
    await run.decide('a', 'rerun');
    (await rig.runner.started('a', 2)).succeed('second');
    expect(await run.result).toMatchObject({ outputs: { a: 'second' } });
  });

  it('fails the task when the task says so, with how it died', async () => {
    const { run } = await killed({ ...TWICE, onInterrupted: 'fail' });
    expect((await run.result).failures).toEqual([{ task: 'a', error: KILLED }]);
  });
});

describe('an attempt that died before the eyes of its orchestrator, with a probe,', () => {
  it('has succeeded with what the probe gives', async () => {
    const { rig, run } = await killed({ ...PROBE, ...TWICE, onInterrupted: 'hold' });
    (await asked(rig)).succeed({ id: 'found' });
    expect(await run.result).toMatchObject({ outputs: { a: { id: 'found' } } });
    expect((await rig.records()).find(({ type }) => type === 'task.interrupted')).toMatchObject({
      next: 'probe',
      error: KILLED,
    });
  });

  it('is a failed attempt when nothing was done: retried by the policy, and counted', async () => {
    const { rig, run } = await killed({ ...PROBE, ...TWICE });
    expect((await asked(rig)).given.dir).toMatch(/\/1\/probe$/);
    expect(run.snapshot().tasks[0]).toMatchObject({ status: 'probing', error: KILLED });
    (await asked(rig)).succeed(null);
    const { error, retryAt } = await eventOf(run, 'task.retryScheduled');
    expect(error).toEqual(KILLED);
    await rig.clock.reach(retryAt);
    await expect.poll(() => rig.runner.order).toHaveLength(4);
    const second = await rig.runner.started('a', 4);
    expect(second.attempt).toBe(2);
    second.fail('E_SECOND');
    expect((await run.result).failures).toMatchObject([{ error: { code: 'E_SECOND' } }]);
  });

  it('fails the task when nothing was done and it is not to be retried', async () => {
    const { rig, run } = await killed(PROBE);
    (await asked(rig)).succeed(null);
    expect((await run.result).failures).toEqual([{ task: 'a', error: KILLED }]);
  });

  it('is held when nothing was done and the task says so', async () => {
    const { rig, run } = await killed({ ...PROBE, ...TWICE, onInterrupted: 'hold' });
    (await asked(rig)).succeed(null);
    await expect.poll(() => run.snapshot().held).toEqual(['a']);
    expect(run.snapshot().tasks[0]?.error).toEqual(KILLED);
  });

  it('is held when the probe can not tell', async () => {
    const { rig, run } = await killed({ ...PROBE, ...TWICE });
    (await asked(rig)).fail();
    await expect.poll(() => run.snapshot().held).toEqual(['a']);
    expect(run.snapshot().tasks[0]?.error?.code).toBe('NUFLOW_PROBE_FAILED');
  });

  it('is held when the probe dies too, and says how', async () => {
    const { rig, run } = await killed({ ...PROBE, ...TWICE });
    (await asked(rig)).interrupted(KILLED);
    await expect.poll(() => run.snapshot().held).toEqual(['a']);
    expect(run.snapshot().tasks[0]?.error).toMatchObject({
      code: 'NUFLOW_PROBE_FAILED',
      inner: [KILLED],
    });
  });

  it('counts as failed also when the orchestrator crashed before the probe had answered', async () => {
    const { rig } = await killed({ ...PROBE, ...TWICE });
    await asked(rig);
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    (await asked(rig)).succeed(null);
    expect((await eventOf(run, 'task.retryScheduled')).error).toEqual(KILLED);
    expect((await rig.folded()).tasks.get('a')).toMatchObject({ status: 'retrying', failures: 1 });
  });

  it('is cancelled with its run', async () => {
    const { rig, run } = await killed({ ...PROBE, ...TWICE });
    const probe = await asked(rig);
    const cancelled = run.cancel();
    await probe.stopped('interrupt');
    probe.succeed(null);
    await cancelled;
    expect(run.snapshot().tasks[0]?.status).toBe('cancelled');
  });
});

describe('a program that was killed by somebody', () => {
  it.each([
    ['with all of its group', (wrapper: number) => -wrapper],
    ['by its wrapper alone', (wrapper: number) => wrapper],
  ])(
    'is gone, asked about, and not run again when its work was done: %s',
    async (_what, target) => {
      const dataDir = mkdtempSync(join(tmpdir(), 'nuflow-death-'));
      const orchestrator = await Orchestrator.open({ dataDir });
      onTestFinished(async () => {
        await orchestrator.close({ mode: 'stop' });
        rmSync(dataDir, { recursive: true, force: true });
      });
      const ledger = join(dataDir, 'ledger');
      const say = (what: string): [string, string, string, string] => [
        '-c',
        `echo ${what} | tee -a "$1"; [ ${what} = probed ] || exec sleep 60`,
        'sh',
        ledger,
      ];
      const workflow = defineWorkflow('killed', {
        tasks: (t) => ({
          a: t.shell('a', {
            command: 'sh',
            args: say('created'),
            retry: { maximumAttempts: 3, initialInterval: 1 },
            probe: { command: 'sh', args: say('probed') },
          }),
        }),
      });
      const run = await orchestrator.start(workflow, { id: 'r' });
      const { pid } = await eventOf(run as unknown as Run, 'task.spawned');
      await expect.poll(() => existsSync(ledger) && readFileSync(ledger, 'utf8')).toBe('created\n');
      process.kill(target(pid), 'SIGKILL');
      expect((await run.result).outputs.a).toMatchObject({ stdout: 'probed\n' });
      expect(readFileSync(ledger, 'utf8')).toBe('created\nprobed\n');
      expect(run.snapshot().tasks[0]?.attempts).toBe(1);
    },
  );
});

describe('an attempt that its timeout stopped', () => {
  it.each([
    ['left no outcome', (attempt: ControlledAttempt) => attempt.interrupted(KILLED)],
    ['failed while it was stopped', (attempt: ControlledAttempt) => attempt.fail('E_STOPPED')],
  ])('is asked about when it %s', async (_what, end) => {
    const { rig, run, first } = await running({ ...PROBE, timeout: '3s' });
    await rig.clock.pass(3_000);
    await first.stopped('interrupt');
    end(first);
    const probe = await asked(rig);
    probe.succeed(null);
    expect((await run.result).failures).toMatchObject([{ error: { code: 'NUFLOW_TIMEOUT' } }]);
  });

  it('is held when the task says so', async () => {
    const { rig, run, first } = await running({ ...TWICE, timeout: '3s', onInterrupted: 'hold' });
    await rig.clock.pass(3_000);
    await first.stopped('interrupt');
    first.fail();
    await expect.poll(() => run.snapshot().held).toEqual(['a']);
    expect(run.snapshot().tasks[0]?.error?.code).toBe('NUFLOW_TIMEOUT');
  });
});

describe('an attempt that died while its orchestrator stopped', () => {
  it('is no failed attempt, and no crash', async () => {
    const { rig, first } = await running(TWICE);
    const closed = rig.orchestrator.close({ mode: 'stop' });
    await first.stopped('interrupt');
    first.interrupted(KILLED);
    await closed;
    expect((await rig.records()).at(-1)).not.toHaveProperty('cause');
    expect((await rig.folded()).tasks.get('a')).toMatchObject({ status: 'pending', failures: 0 });
  });
});

describe('a task that dies again and again with its orchestrator', () => {
  /** Crashes while the task's attempt runs, and finds it dead: so many times. */
  async function crash(rig: EngineRig, times: number): Promise<Run> {
    let run: Run | undefined;
    for (let n = 0; n < times; n++) {
      await rig.restart();
      run = await rig.orchestrator.resume('r');
      (await rig.runner.started('a')).interrupted();
      if (n + 1 < times) await rig.runner.started('a', 2);
    }
    return run as Run;
  }

  it('is held the fifth time in a row, and says so', async () => {
    const { rig } = await running({});
    const run = await crash(rig, 5);
    await expect.poll(() => run.snapshot().held).toEqual(['a']);
    expect(run.snapshot().tasks[0]).toMatchObject({
      attempts: 5,
      error: { code: 'NUFLOW_CRASH_LOOP' },
    });
    expect(await lastOf(rig)).toBe('interrupted a hold');
  });

  it('counts from the last decision', async () => {
    const { rig } = await running({});
    const held = await crash(rig, 5);
    await expect.poll(() => held.snapshot().held).toEqual(['a']);
    await held.decide('a', 'rerun');
    await rig.runner.started('a', 2);
    await crash(rig, 4);
    (await rig.runner.started('a', 2)).succeed();
    expect((await rig.orchestrator.inspect('r')).held).toEqual([]);
  });

  it('counts from the last failed attempt', async () => {
    const { rig } = await running({ retry: { maximumAttempts: 0, initialInterval: '1s' } });
    const run = await crash(rig, 4);
    (await rig.runner.started('a', 2)).fail();
    await rig.clock.reach((await eventOf(run, 'task.retryScheduled')).retryAt);
    await rig.runner.started('a', 3);
    await crash(rig, 4);
    await rig.runner.started('a', 2);
    expect((await rig.orchestrator.inspect('r')).held).toEqual([]);
  });

  it('does not count what its orchestrator stopped in order to end', async () => {
    const { rig } = await running({});
    for (let n = 0; n < 6; n++) {
      const attempt = await rig.runner.started('a');
      const closed = rig.orchestrator.close({ mode: 'stop' });
      await attempt.stopped('interrupt');
      attempt.interrupted();
      await closed;
      await rig.restart();
      await rig.orchestrator.resume('r');
    }
    expect((await rig.runner.started('a')).attempt).toBe(7);
  });

  it('is asked about first, and has succeeded when its work was done', async () => {
    const { rig } = await running(PROBE);
    for (let n = 1; n < 5; n++) {
      await rig.restart();
      await rig.orchestrator.resume('r');
      (await rig.runner.started('a')).interrupted();
      (await asked(rig)).succeed(null);
      await rig.runner.started('a', 4);
    }
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    (await rig.runner.started('a')).interrupted();
    (await asked(rig)).succeed('done');
    expect(await run.result).toMatchObject({ outputs: { a: 'done' } });
  });

  it('is held when it is its probe that does not live to answer', async () => {
    const { rig } = await running(PROBE);
    await crash(rig, 1);
    for (let n = 1; n < 5; n++) {
      await asked(rig);
      await rig.restart();
      await rig.orchestrator.resume('r');
    }
    await expect.poll(async () => (await rig.orchestrator.inspect('r')).held).toEqual(['a']);
    expect((await rig.orchestrator.inspect('r')).tasks[0]?.error?.code).toBe('NUFLOW_CRASH_LOOP');
    expect(rig.runner.order).toEqual([]);
  });
});
