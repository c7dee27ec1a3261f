import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineWorkflow, type StandardSchema } from '../../src/index.js';
import { EngineRig, eventOf, sketch } from '../support/engine-rig.js';

/** A schema of no library we know. */
function vendor<O>(
  validate: StandardSchema<unknown, O>['~standard']['validate'],
): StandardSchema<unknown, O> {
  return { '~standard': { version: 1, vendor: 'by hand', validate } };
}

describe('the result of a run', () => {
  it('has outputs by the names the workflow gives, and none of tasks that did not succeed', async () => {
    const rig = await EngineRig.open();
    const workflow = defineWorkflow('w', {
      tasks: (t) => {
        const network = t.task('network', { runner: 'test' });
        const server = t.task('server 1', { runner: 'test', needs: [network] });
        const broken = t.task('broken', { runner: 'test' });
        const skipped = t.task('skipped', { runner: 'test', needs: [broken] });
        return { server, alias: server, broken, skipped };
      },
    });
    const run = await rig.orchestrator.start(workflow, { id: 'r' });
    (await rig.runner.started('network')).succeed('not named');
    (await rig.runner.started('broken')).fail('E_BROKEN', 'it broke');
    (await rig.runner.started('server 1')).succeed({ port: 1 });
    expect(await run.result).toEqual({
      status: 'failed',
      outputs: { server: { port: 1 }, alias: { port: 1 } },
      failures: [{ task: 'broken', error: { code: 'E_BROKEN', message: 'it broke' } }],
    });
    expect(await run.output('network')).toBe('not named');
    expect(await run.output('skipped')).toBeUndefined();
  });

  it('lists failures in the order of the definition', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {}, b: {}, c: {} }));
    for (const task of ['c', 'a', 'b']) {
      (await rig.runner.started(task)).fail();
      await eventOf(run, 'task.failed', task);
    }
    expect((await run.result).failures.map(({ task }) => task)).toEqual(['a', 'b', 'c']);
  });

  it('may be asked for again, and late', async () => {
    const rig = await EngineRig.open();
    rig.runner.onStart = (attempt) => attempt.succeed(1);
    const run = await rig.start(sketch({ a: {} }));
    await run.ended;
    expect(await run.result).toEqual(await run.result);
    expect(run.snapshot()).toMatchObject({ status: 'succeeded', endedAt: expect.any(String) });
  });
});

describe('schemas of any vendor', () => {
  it('make the input what tasks see, also asynchronously', async () => {
    const rig = await EngineRig.open();
    const input = vendor(async (value) => ({ value: { name: String(value).toUpperCase() } }));
    const workflow = defineWorkflow('w', {
      input,
      tasks: (t) => ({ a: t.fn('a', { run: (context) => context.input.name }) }),
    });
    const run = await rig.orchestrator.start(workflow, { id: 'r', input: 'wuji' });
    expect((await run.result).outputs).toEqual({ a: 'WUJI' });
    expect(run.snapshot().input).toEqual({ name: 'WUJI' });
  });

  it('refuse an input with all they say, and where', async () => {
    const rig = await EngineRig.open();
    const input = vendor(() => ({
      issues: [
        { message: 'is too small', path: ['servers', 0, { key: 'size' }] },
        { message: 'is wrong as a whole' },
      ],
    }));
    const workflow = defineWorkflow('w', { input, tasks: () => ({}) });
    await expect(rig.orchestrator.start(workflow, { input: {} })).rejects.toMatchObject({
      code: 'NUFLOW_INVALID_INPUT',
      message: expect.stringContaining(
        'servers.0.size: is too small; (value): is wrong as a whole',
      ),
    });
  });

  it('refuse an input by throwing, or by giving what is not JSON', async () => {
    const rig = await EngineRig.open();
    const start = (input: StandardSchema<unknown, unknown>) =>
      rig.orchestrator.start(defineWorkflow('w', { input, tasks: () => ({}) }), { input: 1 });
    const throwing = vendor(() => {
      throw new Error('no');
    });
    await expect(start(throwing)).rejects.toThrow('no');
    await expect(start(vendor(() => ({ value: new Date(0) })))).rejects.toMatchObject({
      code: 'NUFLOW_NOT_JSON',
      path: '$',
    });
    expect(await rig.orchestrator.list()).toEqual([]);
  });

  it('make outputs what dependents see, and fail the task otherwise', async () => {
    const rig = await EngineRig.open();
    const output = vendor<number>(async (value) =>
      typeof value === 'number' ? { value: value * 2 } : { issues: [{ message: 'is no number' }] },
    );
    const hostile = vendor<number>(() => {
      throw new Error('hostile');
    });
    const workflow = defineWorkflow('w', {
      tasks: (t) => {
        const good = t.task('good', { runner: 'test', output });
        const sum = t.fn('sum', { needs: { good }, run: ({ needs }) => needs.good + 1 });
        const bad = t.task('bad', { runner: 'test', output });
        const thrown = t.task('thrown', { runner: 'test', output: hostile });
        const map = t.task('map', { runner: 'test', output: vendor(() => ({ value: new Map() })) });
        return { good, sum, bad, thrown, map };
      },
    });
    rig.runner.onStart = (attempt) => attempt.succeed(attempt.task === 'bad' ? 'x' : 20);
    const run = await rig.orchestrator.start(workflow, { id: 'r' });
    const { outputs, failures } = await run.result;
    expect(outputs).toEqual({ good: 40, sum: 41 });
    expect(failures).toEqual([
      {
        task: 'bad',
        error: {
          code: 'NUFLOW_OUTPUT_INVALID',
          message: expect.stringContaining('(value): is no number'),
        },
      },
      { task: 'thrown', error: { code: 'Error', message: 'hostile' } },
      {
        task: 'map',
        error: {
          code: 'NUFLOW_NOT_JSON',
          message: expect.stringContaining('$ is an instance of Map'),
        },
      },
    ]);
  });

  it('that fail an output may be worth another attempt', async () => {
    const rig = await EngineRig.open();
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        a: t.task('a', {
          runner: 'test',
          output: z.object({ id: z.string() }),
          retry: { maximumAttempts: 2 },
        }),
      }),
    });
    const run = await rig.orchestrator.start(workflow, { id: 'r' });
    (await rig.runner.started('a')).succeed({ id: 7 });
    const { error } = await eventOf(run, 'task.retryScheduled');
    expect(error).toMatchObject({
      code: 'NUFLOW_OUTPUT_INVALID',
      message: expect.stringContaining('id: '),
    });
    await rig.clock.pass(1_000);
    (await rig.runner.started('a', 2)).succeed({ id: '7', dropped: true });
    expect((await run.result).outputs).toEqual({ a: { id: '7' } });
  });
});

describe('what callbacks and references get', () => {
  it('is the input and the outputs of what the task needs, by the names it gives them', async () => {
    const rig = await EngineRig.open();
    const workflow = defineWorkflow('w', {
      input: z.object({ name: z.string() }),
      tasks: (t) => {
        const a = t.task('a', { runner: 'test' });
        const b = t.task('b', {
          runner: 'test',
          needs: { first: a },
          with: {
            computed: ({ input, needs }) => [input.name, needs.first],
            literal: { $literal: { $input: 'x' } },
            path: { $output: ['a', 'id'] },
          },
        });
        return { b };
      },
    });
    const run = await rig.orchestrator.start(workflow, { id: 'r', input: { name: 'wuji' } });
    (await rig.runner.started('a')).succeed({ id: 7 });
    const b = await rig.runner.started('b');
    expect(b.given.with).toEqual({
      computed: ['wuji', { id: 7 }],
      literal: { $input: 'x' },
      path: 7,
    });
    b.succeed();
    await run.result;
  });
});

describe('progress', () => {
  it('counts what is done, running and failed', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {}, b: {}, c: { needs: ['a'] }, d: { needs: ['b'] } }));
    expect(run.progress()).toMatchObject({ total: 4, done: 0 });
    (await rig.runner.started('a')).fail();
    await eventOf(run, 'task.skipped', 'c');
    await eventOf(run, 'task.started', 'b');
    expect(run.progress()).toEqual({
      ...{ total: 4, done: 2, running: 1, failed: 2, held: 0 },
      ...{ succeeded: 0, upstreamFailed: 1, skipped: 0, cancelled: 0 },
    });
    (await rig.runner.started('b')).succeed();
    (await rig.runner.started('d')).succeed();
    await run.result;
    expect(run.progress()).toEqual({
      ...{ total: 4, done: 4, running: 0, failed: 2, held: 0 },
      ...{ succeeded: 2, upstreamFailed: 1, skipped: 0, cancelled: 0 },
    });
  });

  it('foretells the end when all that is left has run before', async () => {
    const rig = await EngineRig.open({ concurrency: 2 });
    const tasks = { a: {}, b: {}, c: {}, d: { needs: ['a', 'b', 'c'] } };
    const first = await rig.start(sketch(tasks), { id: 'first' });
    rig.runner.onStart = (attempt) => {
      rig.clock.move(1_000);
      attempt.succeed();
    };
    for (const attempt of rig.runner.running) rig.runner.onStart(attempt);
    expect(first.progress().etaMs).toBeUndefined();
    await first.result;
    expect(first.progress().etaMs).toBeUndefined(); // it has ended

    rig.runner.onStart = () => {};
    const second = await rig.start(sketch(tasks), { id: 'second' });
    const foretold = second.progress().etaMs ?? 0;
    expect(foretold).toBeGreaterThan(0);
    (await rig.runner.started('a', 2)).succeed();
    await eventOf(second, 'task.succeeded', 'a');
    expect(second.progress().etaMs).toBeLessThan(foretold);
    const third = await rig.start(sketch({ ...tasks, more: {} }), { id: 'third' });
    expect(third.progress().etaMs).toBeUndefined();
    await rig.orchestrator.close({ mode: 'detach' });
  });

  it('is a copy that does not move', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {} }));
    const a = await rig.runner.started('a');
    const before = run.snapshot();
    const text = JSON.stringify(before);
    a.succeed();
    await run.result;
    expect(JSON.stringify(before)).toBe(text);
    expect(run.snapshot().seq).toBeGreaterThan(before.seq);
  });
});
