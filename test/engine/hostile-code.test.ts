import { describe, expect, it } from 'vitest';
import { defineWorkflow, type Orchestrator, type TaskError } from '../../src/index.js';
import type { Execution, Runner } from '../../src/runners/runner.js';
import { EngineRig, eventOf, sketch } from '../support/engine-rig.js';

const never = new Promise<never>(() => {});
const idle: Execution = { spawned: never, outcome: never, stop: () => {} };
const no = (): never => {
  throw new Error('hostile');
};
const refuses = (): Promise<never> => Promise.reject(new Error('hostile'));

/** A runner that breaks its word in one place. */
function hostile(start: () => unknown): Runner {
  return { check: () => {}, start: start as Runner['start'] };
}

/** Runs a hostile task beside an honest one that needs it to have ended; the error of the former. */
async function errorUnder(runner: Runner): Promise<TaskError | undefined> {
  const rig = await EngineRig.open({ runners: { hostile: runner } });
  rig.runner.onStart = (attempt) => attempt.succeed('honest');
  const workflow = defineWorkflow('w', {
    tasks: (t) => {
      const bad = t.task('bad', { runner: 'hostile' });
      const good = t.task('good', { runner: 'test', needs: [bad], trigger: 'all_done' });
      return { good };
    },
  });
  const run = await rig.orchestrator.start(workflow, { id: 'r' });
  const { status, outputs, failures } = await run.result;
  expect({ status, outputs }).toEqual({ status: 'failed', outputs: { good: 'honest' } });
  await rig.restart({ runners: { hostile: runner } });
  expect((await rig.orchestrator.inspect('r')).status).toBe('failed'); // and can be read again
  return failures[0]?.error;
}

describe('a runner that breaks its word', () => {
  it.each<[what: string, start: () => unknown, error: object]>([
    ['throws', no, { code: 'Error', message: 'hostile' }],
    ['gives nothing', () => undefined, { code: 'TypeError' }],
    ['rejects its outcome', () => ({ ...idle, outcome: refuses() }), { message: 'hostile' }],
    ['rejects with nothing', () => ({ ...idle, outcome: Promise.reject() }), { code: 'Error' }],
    [
      'gives no outcome',
      () => ({ ...idle, outcome: Promise.resolve() }),
      { code: 'NUFLOW_RUNNER' },
    ],
    ['gives another status', () => outcome({ status: 'done' }), { code: 'NUFLOW_RUNNER' }],
    [
      'gives an outcome, not a promise',
      () => ({ ...idle, outcome: { status: 'failed', error: { code: 'X', message: 'x' } } }),
      { code: 'X', message: 'x' },
    ],
    [
      'fails with an Error',
      () => outcome({ status: 'failed', error: new RangeError('r') }),
      { code: 'RangeError', message: 'r' },
    ],
    [
      'fails with nothing',
      () => outcome({ status: 'failed' }),
      { code: 'Error', message: 'undefined' },
    ],
    [
      'fails with fields nobody knows',
      () => outcome({ status: 'failed', error: { code: 'X', message: 'x', more: 1 } }),
      { code: 'X', message: 'x' },
    ],
    [
      'fails with an error whose message is no text',
      () => outcome({ status: 'failed', error: Object.assign(new Error('x'), { message: 7 }) }),
      { message: '7' },
    ],
    [
      'succeeds with a BigInt',
      () => outcome({ status: 'succeeded', output: [1n] }),
      { code: 'NUFLOW_NOT_JSON', message: expect.stringContaining('$[0] is a bigint') },
    ],
    [
      'succeeds with what can not be read',
      () =>
        outcome({
          status: 'succeeded',
          get output() {
            return no();
          },
        }),
      { message: 'hostile' },
    ],
    ['rejects the process it spawned', () => ({ ...failing, spawned: refuses() }), { code: 'OK' }],
    [
      'spawns something else than a process',
      () => ({ ...failing, spawned: Promise.resolve({ pid: '7', more: 1 }) }),
      { code: 'OK' },
    ],
  ])('that %s fails its task and nothing else', async (_what, start, error) => {
    expect(await errorUnder(hostile(start))).toMatchObject(error);
  });

  it('keeps only what the journal knows of a process', async () => {
    const process = { pid: 7, startTime: '1', bootId: 'b', more: 'x' };
    expect(
      await errorUnder(hostile(() => ({ ...failing, spawned: Promise.resolve(process) }))),
    ).toMatchObject({ code: 'OK' });
  });

  it('is stopped all the same when its stop throws', async () => {
    let end: () => void = () => {};
    const outcome = new Promise((resolve) => {
      end = () => resolve({ status: 'failed', error: { code: 'LATE', message: 'late' } });
    });
    const stubborn = hostile(() => ({ ...idle, outcome, stop: no }));
    const rig = await EngineRig.open({ runners: { hostile: stubborn } });
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        bad: t.task('bad', { runner: 'hostile' }),
        good: t.task('good', { runner: 'test' }),
      }),
    });
    const run = await rig.orchestrator.start(workflow, { id: 'r' });
    const good = await rig.runner.started('good');
    const cancelling = run.cancel();
    await good.stopped('interrupt');
    await rig.clock.pass(5_000);
    await good.stopped('kill');
    end();
    await cancelling;
    expect((await run.result).status).toBe('cancelled');
  });

  it('refuses a definition with whatever its check throws', async () => {
    const rig = await EngineRig.open({ runners: { hostile: { ...hostile(no), check: no } } });
    const bad = {
      tasks: (t: { task: (id: string, o: { runner: string }) => never }) => ({
        a: t.task('a', { runner: 'hostile' }),
      }),
    };
    await expect(rig.orchestrator.start(defineWorkflow('w', bad as never))).rejects.toThrow(
      'hostile',
    );
    expect(await rig.orchestrator.list()).toEqual([]);
  });

  it('keeps runs from starting while it can not get ready, and is asked again', async () => {
    let ready: () => Promise<void> = refuses;
    const runner = { ...hostile(() => failing), prepare: () => ready() };
    const rig = await EngineRig.open({ runners: { hostile: runner } });
    const start = (orchestrator: Orchestrator) =>
      orchestrator.start(
        defineWorkflow('w', { tasks: (t) => ({ a: t.task('a', { runner: 'hostile' }) }) }),
      );
    await expect(start(rig.orchestrator)).rejects.toThrow('hostile');
    ready = no;
    await expect(start(rig.orchestrator)).rejects.toThrow('hostile');
    expect(await rig.orchestrator.list()).toEqual([]);
    ready = async () => {};
    expect((await (await start(rig.orchestrator)).result).status).toBe('failed');
  });

  it('fails the attempt that it throws on taking over', async () => {
    const waits = hostile(() => idle);
    const rig = await EngineRig.open({ runners: { hostile: waits } });
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({ a: t.task('a', { runner: 'hostile' }) }),
    });
    await rig.orchestrator.start(workflow, { id: 'r' });
    await rig.restart({ runners: { hostile: { ...hostile(() => failing), adopt: no } } });
    const run = await rig.orchestrator.resume('r');
    expect((await run.result).failures).toMatchObject([
      { task: 'a', error: { message: 'hostile' } },
    ]);
  });

  it('frees the data directory also when its close throws', async () => {
    const rig = await EngineRig.open({
      runners: {
        hostile: { ...hostile(no), close: no },
        other: { ...hostile(no), close: refuses },
      },
    });
    await rig.restart({ runners: {} });
    expect(await rig.orchestrator.list()).toEqual([]);
  });
});

const failing: Execution = {
  ...idle,
  outcome: Promise.resolve({ status: 'failed', error: { code: 'OK', message: 'as told' } }),
};

function outcome(given: unknown): unknown {
  return { ...idle, outcome: Promise.resolve(given) };
}

describe('code of the user that throws', () => {
  it('fails the task whose setting it computes', async () => {
    const rig = await EngineRig.open();
    rig.runner.onStart = (attempt) => attempt.succeed();
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        a: t.task('a', {
          runner: 'test',
          with: {
            x: () => {
              throw Object.assign(new Error('no input'), { code: 'E_MINE' });
            },
          },
        }),
        b: t.task('b', { runner: 'test', with: { x: () => new Map() } }),
        c: t.task('c', { runner: 'test', with: { x: () => 1 } }),
      }),
    });
    const run = await rig.orchestrator.start(workflow, { id: 'r' });
    expect((await run.result).failures).toEqual([
      { task: 'a', error: { code: 'E_MINE', message: 'no input' } },
      {
        task: 'b',
        error: {
          code: 'NUFLOW_NOT_JSON',
          message: expect.stringMatching(
            /^what x of task "b" returned is not JSON: \$ is an instance of Map/,
          ),
        },
      },
    ]);
    expect(rig.runner.order).toEqual(['c']);
  });

  it('fails the task when its output is not JSON, too deep, or not what its schema takes', async () => {
    const rig = await EngineRig.open();
    let deep: unknown = 0;
    for (let i = 0; i < 5_000; i++) deep = [deep];
    const workflow = defineWorkflow('w', {
      tasks: (t) => ({
        nan: t.fn('nan', { run: () => ({ n: Number.NaN }) }),
        deep: t.fn('deep', { run: () => deep }),
      }),
    });
    const run = await rig.orchestrator.start(workflow, { id: 'r' });
    const { failures } = await run.result;
    expect(failures.map(({ error }) => error.code)).toEqual(['NUFLOW_NOT_JSON', 'NUFLOW_NOT_JSON']);
    expect((await rig.orchestrator.inspect('r')).progress.failed).toBe(2);
  });

  it('can not change what others see of an output or the input', async () => {
    const rig = await EngineRig.open();
    const kept: { n: number }[] = [{ n: 1 }];
    const input = { list: [1] };
    const workflow = defineWorkflow('w', {
      tasks: (t) => {
        const a = t.fn('a', { run: () => kept });
        const b = t.fn('b', {
          needs: { a },
          run: ({ needs }) => {
            kept.push({ n: 2 });
            return needs.a.push({ n: 3 });
          },
        });
        const c = t.fn('c', { needs: { a, b }, trigger: 'all_done', run: ({ needs }) => needs.a });
        const d = t.fn('d', {
          needs: [c],
          run: ({ input: given }) => (given as { list: number[] }).list.push(2),
        });
        return { a, c, d };
      },
    });
    const run = await rig.orchestrator.start(workflow, { id: 'r', input });
    input.list.push(3);
    const { outputs, failures } = await run.result;
    expect(outputs).toEqual({ a: [{ n: 1 }], c: [{ n: 1 }] });
    expect(failures.map(({ task, error }) => [task, error.code])).toEqual([
      ['b', 'TypeError'],
      ['d', 'TypeError'],
    ]);
    expect(await rig.folded()).toMatchObject({ input: { list: [1] } });
  });

  it('can not change them after a restart either', async () => {
    const rig = await EngineRig.open();
    const run = await rig.start(sketch({ a: {}, b: { needs: ['a'] } }), { input: { list: [1] } });
    (await rig.runner.started('a')).succeed([{ n: 1 }]);
    await rig.runner.started('b');
    await rig.restart();
    const resumed = await rig.orchestrator.resume(run.id);
    const output = resumed.snapshot().tasks[0]?.output as { n: number }[];
    expect(() => output.push({ n: 2 })).toThrow(TypeError);
    expect(() => Object.assign(resumed.snapshot().input as object, { list: 2 })).toThrow(TypeError);
    await eventOf(resumed, 'run.resumed');
  });
});
