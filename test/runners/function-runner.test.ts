import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FunctionRunner } from '../../src/runners/function/function-runner.js';
import type { CallContext } from '../../src/runners/runner.js';
import { AttemptRig, temporaryFolder } from './attempts.js';

describe('FunctionRunner', () => {
  const runner = new FunctionRunner();
  const folder = temporaryFolder();
  const begin = (call?: (context: CallContext) => unknown) => {
    const rig = new AttemptRig(folder, { call });
    return { rig, execution: rig.start(runner) };
  };
  const outcomeOf = (call: (context: CallContext) => unknown) => begin(call).execution.outcome;

  it('gives what the function returns or resolves, and null for nothing', async () => {
    expect(await outcomeOf(() => ({ a: [1] }))).toEqual({
      status: 'succeeded',
      output: { a: [1] },
    });
    expect(await outcomeOf(async () => 'x')).toEqual({ status: 'succeeded', output: 'x' });
    expect(await outcomeOf(() => {})).toEqual({ status: 'succeeded', output: null });
  });

  it.each([
    ['a Map', new Map()],
    ['a date', { at: new Date() }],
    ['NaN', [NaN]],
    ['a function', () => 1],
    ['a missing value inside', { a: undefined }],
    ['a BigInt', 1n],
  ])('fails when the function gives %s, which is not JSON', async (_what, value) => {
    expect(await outcomeOf(() => value)).toMatchObject({ error: { code: 'NUFLOW_NOT_JSON' } });
  });

  it('gives what was thrown as data: code or name, message, causes', async () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    expect(
      await outcomeOf(() => {
        throw new TypeError('no', { cause });
      }),
    ).toEqual({
      status: 'failed',
      error: {
        code: 'TypeError',
        message: 'no',
        inner: [{ code: 'ECONNREFUSED', message: 'refused' }],
      },
    });
    expect(
      await outcomeOf(() => Promise.reject(new AggregateError([cause, 'x'], 'both'))),
    ).toMatchObject({
      error: { code: 'AggregateError', inner: [{ code: 'ECONNREFUSED' }, { message: 'x' }] },
    });
  });

  it.each([
    ['text', 'just text', 'just text'],
    ['nothing', undefined, 'undefined'],
    ['an object without text', Object.create(null), 'something that has no text was thrown'],
  ])('takes %s as thrown', async (_what, thrown, message) => {
    expect(
      await outcomeOf(() => {
        throw thrown;
      }),
    ).toEqual({ status: 'failed', error: { code: 'Error', message } });
  });

  it('takes code and message of a plain object that was thrown', async () => {
    const failed = async (thrown: unknown) =>
      (await outcomeOf(() => Promise.reject(thrown))) as object;
    expect(await failed({ code: 'E_QUOTA', message: 'full' })).toEqual({
      status: 'failed',
      error: { code: 'E_QUOTA', message: 'full' },
    });
    expect(await failed({ code: 7, message: [] })).toMatchObject({
      error: { code: 'Error', message: '{ code: 7, message: [] }' },
    });
  });

  it('survives an error that is its own cause, and one that can not be read', async () => {
    const circular = new Error('round');
    circular.cause = circular;
    expect(await outcomeOf(() => Promise.reject(circular))).toMatchObject({
      error: { message: 'round' },
    });
    const unreadable = new Error();
    Object.defineProperty(unreadable, 'message', {
      get() {
        throw new Error('no');
      },
    });
    expect((await outcomeOf(() => Promise.reject(unreadable))).status).toBe('failed');
  });

  it('tells the function its attempt and key', async () => {
    const { rig, execution } = begin(({ attempt, key }) => ({ attempt, key }));
    const { attempt, key } = rig.attempt;
    expect(await execution.outcome).toEqual({ status: 'succeeded', output: { attempt, key } });
  });

  it('aborts the signal, also one that is asked for later, and takes what the function then gives', async () => {
    const { execution } = begin(async (context) => {
      await new Promise((resolve) => setImmediate(resolve));
      return context.signal.aborted ? 'handled' : 'missed';
    });
    execution.stop('interrupt');
    expect(await execution.outcome).toEqual({ status: 'succeeded', output: 'handled' });
  });

  it('gives one and the same signal', async () => {
    const same = (context: CallContext) => {
      const { signal } = context;
      return signal === context.signal;
    };
    expect(await outcomeOf(same)).toMatchObject({ output: true });
  });

  it('waits for a function after an interrupt, and abandons it on kill', async () => {
    const { execution } = begin(() => new Promise(() => {}));
    execution.stop('interrupt');
    const first = await Promise.race([execution.outcome, delay(20, 'still running')]);
    expect(first).toBe('still running');
    execution.stop('kill');
    expect(await execution.outcome).toMatchObject({ error: { code: 'NUFLOW_ABANDONED' } });
  });

  it('lets a function that follows the signal have the last word, also on kill', async () => {
    const { execution } = begin(({ signal }) => delay(60_000, undefined, { signal }));
    execution.stop('kill');
    expect(await execution.outcome).toMatchObject({ error: { code: 'ABORT_ERR' } });
  });

  it('aborts the signal when the orchestrator lets go, since nobody can take a function over', async () => {
    const { execution } = begin(({ signal }) => delay(60_000, undefined, { signal }));
    await execution.detach?.();
    expect(await execution.outcome).toMatchObject({ error: { code: 'ABORT_ERR' } });
  });

  it('fails when the workflow came without its function', async () => {
    expect(await begin().execution.outcome).toMatchObject({
      error: { code: 'NUFLOW_NO_FUNCTION' },
    });
  });
});
