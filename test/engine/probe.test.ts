import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineWorkflow, type Run, type Workflow } from '../../src/index.js';
import type { ControlledAttempt } from '../support/controlled-runner.js';
import { EngineRig, eventOf, type Sketch, sketch, statuses } from '../support/engine-rig.js';

const PROBE = { probe: { find: { $input: 'name' } } };
const INPUT = { input: { name: 'wuji' } };
const AFTER = { needs: ['a'], with: { text: { $output: 'a' } } };

/** A run whose task `a` died without an outcome, resumed; its probe is being asked. */
async function probing(
  a: Sketch = {},
): Promise<{ rig: EngineRig; run: Run; probe: ControlledAttempt }> {
  const rig = await EngineRig.open({ grace: 50 });
  const run = await rig.start(sketch({ a: { ...PROBE, ...a }, after: AFTER }), INPUT);
  await rig.runner.started('a');
  await rig.restart();
  return { rig, ...(await resumed(rig, run)) };
}

/** Resumes the run; its attempt turns out to have died. */
async function resumed(
  rig: EngineRig,
  { id }: Run,
): Promise<{ run: Run; probe: ControlledAttempt }> {
  const run = await rig.orchestrator.resume(id);
  (await rig.runner.started('a')).interrupted();
  return { run, probe: await asked(rig) };
}

/** The probe, after what an earlier orchestrator may have left of it was killed. */
async function asked(rig: EngineRig): Promise<ControlledAttempt> {
  for (let n = 1; ; n++) {
    const attempt = await rig.runner.started('a', n);
    if (attempt.given.dir.endsWith('/1/probe') && !attempt.adopted) return attempt;
  }
}

describe('an attempt that died without an outcome, whose task has a probe,', () => {
  it('is asked about before anything starts again, with its key, cookie, input and a folder of its own', async () => {
    const { rig, run, probe } = await probing();
    const [adopted, left] = rig.runner.of('a');
    expect(probe.given.with).toEqual({ find: 'wuji' });
    expect(probe.given.dir).toBe(`${adopted?.given.dir}/probe`);
    expect([probe.given.key, probe.given.cookie]).toEqual([
      adopted?.given.key,
      adopted?.given.cookie,
    ]);
    // What an earlier orchestrator may have left of the same question.
    expect(left).toMatchObject({ adopted: true, process: undefined, stops: ['kill'] });
    expect(left?.given.dir).toBe(probe.given.dir);
    expect(statuses(run)).toEqual({ a: 'probing', after: 'pending' });
    expect(rig.runner.order).toEqual(['a', 'a', 'a']);
    expect(run.waitsForDecision).toBe(false);
  });

  it('has succeeded with what the probe gives', async () => {
    const { rig, run, probe } = await probing();
    probe.succeed({ id: 'found' });
    const after = await rig.runner.started('after');
    expect(after.given.with).toEqual({ text: { id: 'found' } });
    after.succeed();
    expect((await run.result).outputs).toEqual({ a: { id: 'found' }, after: null });
    expect(await rig.story()).toEqual([
      'started',
      'started a 1',
      'resumed',
      'interrupted a probe',
      'succeeded a',
      'started after 1',
      'succeeded after',
      'finished succeeded',
    ]);
  });

  it('is tried again when the probe says that nothing was done', async () => {
    const { rig, run, probe } = await probing();
    probe.succeed(null);
    const again = await rig.runner.started('a', 4);
    expect(again).toMatchObject({ attempt: 2, adopted: false });
    expect(again.given.dir).toMatch(/\/2$/);
    again.succeed('second');
    (await rig.runner.started('after')).succeed();
    expect(await run.result).toMatchObject({ status: 'succeeded', outputs: { a: 'second' } });
  });

  it('goes by onInterrupted when nothing was done: held', async () => {
    const { rig, run, probe } = await probing({ onInterrupted: 'hold' });
    probe.succeed(null);
    await eventOf(run, 'task.interrupted', 'a');
    await expect.poll(() => run.snapshot().held).toEqual(['a']);
    expect(run.waitsForDecision).toBe(true);
    await run.decide('a', 'done', { output: 'by hand' });
    (await rig.runner.started('after')).succeed();
    expect(await run.result).toMatchObject({ outputs: { a: 'by hand' } });
  });

  it('goes by onInterrupted when nothing was done: failed', async () => {
    const { run, probe } = await probing({ onInterrupted: 'fail' });
    probe.succeed(null);
    expect((await run.result).failures).toMatchObject([
      { task: 'a', error: { code: 'NUFLOW_INTERRUPTED' } },
    ]);
  });

  it('is held when the probe fails, and says why', async () => {
    const { rig, run, probe } = await probing({ retry: { maximumAttempts: 5 } });
    probe.fail('E_AWAY', 'the provider is away');
    await expect.poll(() => run.snapshot().held).toEqual(['a']);
    expect(run.snapshot().tasks[0]?.error).toEqual({
      code: 'NUFLOW_PROBE_FAILED',
      message: expect.stringContaining('E_AWAY: the provider is away'),
      inner: [{ code: 'E_AWAY', message: 'the provider is away' }],
    });
    expect(rig.runner.running).toEqual([]);
    await expect(run.decide('a', 'rerun')).resolves.toBeUndefined();
    expect(await rig.runner.started('a', 4)).toMatchObject({ attempt: 2 });
  });

  it.each([
    ['60 s', {}, 60_000],
    ['the timeout of its task', { timeout: 3_000 }, 3_000],
  ] as const)('is held when the probe takes longer than %s', async (_what, options, ms) => {
    const { rig, run, probe } = await probing(options);
    await rig.clock.pass(ms);
    await probe.stopped('interrupt');
    // What it says now is ignored.
    probe.succeed(null);
    await expect.poll(() => run.snapshot().held).toEqual(['a']);
    expect(run.snapshot().tasks[0]?.error).toMatchObject({ code: 'NUFLOW_PROBE_TIMEOUT' });
  });

  it('takes no decision while the probe is asked', async () => {
    const { rig, run, probe } = await probing();
    const before = await rig.story();
    await expect(run.decide('a', 'done')).rejects.toMatchObject({
      code: 'NUFLOW_NOT_HELD',
      details: { status: 'probing' },
    });
    expect(await rig.story()).toEqual(before);
    probe.succeed('x');
    (await rig.runner.started('after')).succeed();
    await run.result;
  });

  it('is cancelled with its run, and the probe is stopped', async () => {
    const { rig, run, probe } = await probing();
    const cancelled = run.cancel();
    await probe.stopped('interrupt');
    expect(run.snapshot().tasks[0]?.status).toBe('probing');
    await rig.clock.pass(50);
    await probe.stopped('kill');
    await cancelled;
    expect(statuses(run)).toEqual({ a: 'cancelled', after: 'cancelled' });
  });

  it('is not asked about once its run is cancelled', async () => {
    const { rig, probe } = await probing();
    await rig.restart();
    const cancelled = rig.orchestrator.cancel('r');
    await cancelled;
    expect(probe.isOver).toBe(false); // of another process, as far as this one can know
    expect(rig.runner.attempts.map(({ adopted }) => adopted)).toEqual([true]);
    expect((await rig.orchestrator.inspect('r')).status).toBe('cancelled');
  });

  it('is asked about again when the orchestrator died meanwhile', async () => {
    const { rig } = await probing();
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    const probe = await asked(rig);
    // The attempt itself is not looked for again: that nothing of it is left is on record.
    expect(rig.runner.order).toEqual(['a', 'a']);
    probe.succeed('found');
    (await rig.runner.started('after')).succeed();
    expect(await run.result).toMatchObject({ outputs: { a: 'found' } });
    expect((await rig.story()).filter((line) => line === 'interrupted a probe')).toHaveLength(1);
  });

  it('is asked about at the next resume when the orchestrator stops meanwhile', async () => {
    const { rig, probe } = await probing();
    const closed = rig.orchestrator.close({ mode: 'stop' });
    await probe.stopped('interrupt');
    probe.succeed(null);
    await closed;
    expect((await rig.story()).at(-1)).toBe('interrupted a probe');
    expect((await rig.orchestrator.inspect('r')).tasks[0]?.status).toBe('probing');
  });

  it('lets a drain wait for the answer', async () => {
    const { rig, probe } = await probing();
    const closed = rig.orchestrator.close();
    probe.succeed('found');
    await closed;
    expect((await rig.story()).at(-1)).toBe('succeeded a');
  });
});

describe('a probe is not asked', () => {
  it('when the attempt lives and ends by itself', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: PROBE }), INPUT);
    await rig.runner.started('a');
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    (await rig.runner.started('a')).succeed('itself');
    expect(await run.result).toMatchObject({ outputs: { a: 'itself' } });
    expect(rig.runner.order).toEqual(['a']);
  });

  it('when the attempt failed', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: PROBE }), INPUT);
    (await rig.runner.started('a')).fail();
    expect(await run.result).toMatchObject({ status: 'failed' });
    expect(rig.runner.order).toEqual(['a']);
  });

  it('by an orchestrator that interrupts the attempt to stop, but by the next', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: PROBE }), INPUT);
    const attempt = await rig.runner.started('a');
    const closed = rig.orchestrator.close({ mode: 'stop' });
    await attempt.stopped('interrupt');
    attempt.fail();
    await closed;
    expect(rig.runner.order).toEqual(['a']);
    expect((await rig.story()).at(-1)).toBe('interrupted a probe');
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    (await asked(rig)).succeed('done after all');
    expect(await run.result).toMatchObject({ outputs: { a: 'done after all' } });
  });
});

describe('what a probe gives', () => {
  it('fails to be the output when it is none the task could have, so the task is held', async () => {
    const workflow = defineWorkflow('typed', {
      tasks: (t) => {
        const output = z.object({ id: z.string() });
        return { a: t.task('a', { runner: 'test', output, probe: { find: 'a' } }) };
      },
    });
    const rig = await EngineRig.open();
    const first = await rig.start(workflow);
    await rig.runner.started('a');
    await rig.restart();
    const { run, probe } = await resumed(rig, first as Run);
    probe.succeed({ id: 7 });
    await expect.poll(() => run.snapshot().held).toEqual(['a']);
    expect(run.snapshot().tasks[0]?.error).toMatchObject({
      code: 'NUFLOW_PROBE_FAILED',
      inner: [{ code: 'NUFLOW_OUTPUT_INVALID' }],
    });
  });

  it('is in a file when it is big', async () => {
    const { rig, probe } = await probing();
    const big = 'x'.repeat(300 * 1024);
    probe.succeed(big);
    const after = await rig.runner.started('after');
    expect(after.given.with).toEqual({ text: big });
    expect((await rig.orchestrator.inspect('r')).tasks[0]).toHaveProperty('outputFile');
  });

  it('is made with secrets that only the probe refers to, which no record holds', async () => {
    const secrets = { PROVIDER: 'hunter22-hunter22' };
    const rig = await EngineRig.open({ secrets });
    const first = await rig.start(sketch({ a: { probe: { token: { $secret: 'PROVIDER' } } } }));
    await rig.runner.started('a');
    await rig.restart();
    const { run, probe } = await resumed(rig, first);
    expect(probe.given.with).toEqual({ token: secrets.PROVIDER });
    probe.succeed({ said: `with ${secrets.PROVIDER}` });
    await run.result;
    const text = JSON.stringify(await rig.records());
    expect(text).not.toContain(secrets.PROVIDER);
    expect(text).toContain('"said":"with ');
  });

  it('may be made from functions, which belong to the definition', async () => {
    const workflow = (prefix: string) =>
      defineWorkflow('computed', {
        tasks: (t) => {
          const before = t.task('before', { runner: 'test' });
          const probe = {
            find: ({ needs }: { needs: { before: unknown } }) => `${prefix} ${needs.before}`,
          };
          return { a: t.task('a', { runner: 'test', needs: { before }, probe }) };
        },
      });
    const rig = await EngineRig.open({ workflows: [workflow('server')] });
    const first = await rig.start(workflow('server'));
    (await rig.runner.started('before')).succeed('wuji');
    await rig.runner.started('a');
    await rig.restart();
    const { probe } = await resumed(rig, first as Run);
    expect(probe.given.with).toEqual({ find: 'server wuji' });
  });
});

describe('the probe of a function', () => {
  it('is called with what the function is called with, and fails by throwing', async () => {
    const seen: unknown[] = [];
    const workflow = defineWorkflow('fn', {
      tasks: (t) => {
        const before = t.fn('before', { run: () => 'wuji' });
        const a = t.fn('a', {
          needs: { before },
          run: () => new Promise<string>(() => {}),
          probe: ({ input, needs, attempt, key, signal }) => {
            seen.push({ input, needs, attempt, key, aborted: signal.aborted });
            if (seen.length === 1) throw new Error('no answer');
            return undefined;
          },
        });
        return { a };
      },
    });
    const rig = await EngineRig.open({ workflows: [workflow as Workflow<never, unknown>] });
    const first = await rig.orchestrator.start(workflow, { id: 'r', input: 1 });
    await eventOf(first as Run, 'task.started', 'a');
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    await expect.poll(() => run.snapshot().held).toEqual(['a']);
    expect(run.snapshot().tasks[1]?.error?.inner).toEqual([
      { code: 'Error', message: 'no answer' },
    ]);
    expect(seen).toEqual([
      { input: 1, needs: { before: 'wuji' }, attempt: 1, key: expect.any(String), aborted: false },
    ]);
  });
});
