import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { assertRecordableSpec } from '../../src/engine/commit/recordable.js';
import { defineWorkflow, type JsonValue } from '../../src/index.js';
import { EngineRig, sketch, statuses } from '../support/engine-rig.js';

/** 600 MB of JSON, more than V8's longest text; in memory it is one text of 3 MB. */
const BIG = 'x'.repeat(3_000_000);
const HUGE: readonly JsonValue[] = Array.from({ length: 200 }, () => BIG);
/** A text of 80 MB that takes 480 as JSON. */
const CONTROLS = '\u0001'.repeat(80_000_000);

const functions = (run: () => JsonValue) =>
  defineWorkflow('w', { version: '1', tasks: (t) => ({ a: t.fn('a', { run }) }) });

describe('what is too long to be a text', () => {
  it('as input of a run is refused before anything starts, and the id stays free', async () => {
    const rig = await EngineRig.open();
    for (const input of [HUGE, { a: { b: HUGE } }])
      await expect(rig.start(sketch({ a: {} }), { input })).rejects.toMatchObject({
        code: 'NUFLOW_TOO_BIG',
      });
    expect(await rig.orchestrator.list()).toEqual([]);
    const run = await rig.start(sketch({ a: {} }), { input: 'small' });
    (await rig.runner.started('a')).succeed();
    expect((await run.result).status).toBe('succeeded');
  });

  it('as a definition is refused before anything starts', async () => {
    const rig = await EngineRig.open();
    const workflow = sketch({ a: { with: { huge: HUGE } } });
    await expect(rig.start(workflow)).rejects.toMatchObject({ code: 'NUFLOW_TOO_BIG' });
    expect(await rig.orchestrator.list()).toEqual([]);
    // By its tasks, of which each would do.
    const [task] = sketch({ a: { with: { big: BIG } } }).spec.tasks;
    const tasks = Array.from({ length: 200 }, () => task as NonNullable<typeof task>);
    expect(() => assertRecordableSpec({ ...workflow.spec, tasks })).toThrow('more than');
  });

  it.each([
    ['of many parts', () => HUGE],
    [
      'of many keys',
      () => Object.fromEntries(HUGE.map((text, i) => [`${i}${text}`, i]).slice(0, 40)),
    ],
    ['of one text', () => CONTROLS],
  ])('as an output %s fails the task, not the run', async (_, run) => {
    const rig = await EngineRig.open({ workflows: [functions(run)] });
    const { result } = await rig.start(functions(run));
    const failure = { task: 'a', error: { code: 'NUFLOW_OUTPUT_TOO_BIG' } };
    expect(await result).toMatchObject({ status: 'failed', failures: [failure] });
    await rig.restart();
    expect(statuses(await rig.orchestrator.resume('r'))).toEqual({ a: 'failed' });
  });

  it.each([false, true])('as an error fails the task, with secrets: %s', async (isSecret) => {
    const rig = await EngineRig.open({ secrets: { T: 's3cr3t-s3cr3t' } });
    const workflow = defineWorkflow('w', {
      version: '1',
      tasks: (t) => ({
        a: t.fn('a', {
          ...(isSecret ? { secrets: ['T'] } : {}),
          run: () => {
            throw new Error(CONTROLS);
          },
        }),
      }),
    });
    const { result } = await rig.start(workflow);
    const code = isSecret ? 'NUFLOW_ERROR_TOO_BIG' : 'Error';
    expect(await result).toMatchObject({ status: 'failed', failures: [{ error: { code } }] });
  });

  it('as an output with secrets fails the task', async () => {
    const rig = await EngineRig.open({ secrets: { T: 's3cr3t-s3cr3t' } });
    const workflow = defineWorkflow('w', {
      version: '1',
      tasks: (t) => ({ a: t.fn('a', { secrets: ['T'], run: () => HUGE }) }),
    });
    const { result } = await rig.start(workflow);
    expect(await result).toMatchObject({
      failures: [{ error: { code: 'NUFLOW_OUTPUT_TOO_BIG' } }],
    });
  });

  it('as the output of a decision, or a message, is refused', async () => {
    const rig = await EngineRig.open();
    await rig.start(sketch({ a: { onInterrupted: 'hold' } }));
    await rig.runner.started('a');
    await rig.restart();
    const run = await rig.orchestrator.resume('r');
    (await rig.runner.started('a')).interrupted();
    await expect.poll(() => run.snapshot().held).toEqual(['a']);
    await expect(run.decide('a', 'done', { output: HUGE })).rejects.toMatchObject({
      code: 'NUFLOW_OUTPUT_INVALID',
    });
    const message = 'x'.repeat(65_537);
    const refused = { code: 'NUFLOW_INVALID_OPTION' };
    await expect(run.decide('a', 'fail', { message })).rejects.toMatchObject(refused);
    await expect(run.cancel(message)).rejects.toMatchObject(refused);
    await expect(rig.orchestrator.cancel('r', message)).rejects.toMatchObject(refused);
    expect(statuses(run)).toEqual({ a: 'interrupted' });
    await run.decide('a', 'done', { output: 1 });
    expect((await run.result).status).toBe('succeeded');
  });
});

describe('what is nested too deep', () => {
  const deep = (depth: number): JsonValue => {
    let value: JsonValue = 0;
    for (let i = 0; i < depth; i++) value = [value];
    return value;
  };

  it('as input is refused before anything starts, by a schema’s walk too', async () => {
    const rig = await EngineRig.open();
    const input = deep(100_000);
    const plain = rig.start(sketch({ a: {} }), { input });
    await expect(plain).rejects.toMatchObject({ code: 'NUFLOW_NOT_JSON' });
    const build = { version: '1', input: z.json(), tasks: () => ({}) };
    const checked = rig.start(defineWorkflow('w', build), { input });
    await expect(checked).rejects.toMatchObject({ code: 'NUFLOW_INVALID_INPUT' });
    expect(await rig.orchestrator.list()).toEqual([]);
  });

  it('as an output fails the task', async () => {
    const rig = await EngineRig.open();
    const { result } = await rig.start(functions(() => deep(100_000)));
    const [failure] = (await result).failures;
    expect(failure?.error.code).toBe('NUFLOW_NOT_JSON');
    expect(failure?.error.message.length).toBeLessThan(1_000);
  });
});
