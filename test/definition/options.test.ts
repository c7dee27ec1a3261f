import { describe, expect, it } from 'vitest';
import { defineWorkflow } from '../../src/definition/builder.js';
import type { TaskBuilder } from '../../src/definition/builder-types.js';
import { workflowFromData } from '../../src/definition/data.js';
import { NuflowError } from '../../src/errors.js';

/** What JavaScript may give, which has no types to keep it from that. */
type Given = Readonly<Record<string, unknown>>;

function refusal(define: () => unknown): { readonly code: string; readonly message: string } {
  try {
    define();
  } catch (error) {
    if (!(error instanceof NuflowError)) throw error;
    return { code: error.code, message: error.message };
  }
  throw new Error('it was accepted');
}

function define(options: Given, name: unknown = 'w'): unknown {
  const given = { tasks: () => ({}), ...options };
  return defineWorkflow(name as string, given as Parameters<typeof defineWorkflow>[1]);
}

type Kind = 'nu' | 'shell' | 'fn' | 'task';
const ESSENTIAL: Readonly<Record<Kind, Given>> = {
  nu: { code: '1' },
  shell: { command: 'true' },
  fn: { run: () => 1 },
  task: { runner: 'mine' },
};

function defineTask(kind: Kind, options: Given, id: unknown = 'a'): unknown {
  return define({
    tasks: (t: TaskBuilder<unknown>) => {
      const add = t[kind] as (id: unknown, options: unknown) => unknown;
      return { a: add(id, { ...ESSENTIAL[kind], ...options }) };
    },
  });
}

const KINDS: readonly Kind[] = ['nu', 'shell', 'fn', 'task'];

describe('options of a workflow', () => {
  it.each([
    [{ version: 2 }, 'version: must be text, not 2'],
    [{ version: null }, 'version: must be text, not null'],
    [{ onFailure: 'stop' }, 'onFailure: "stop" is not one of continue, finish, terminate'],
    [{ onFailure: '' }, 'onFailure: "" is not one of'],
    [{ input: { type: 'string' } }, 'input: must be a Standard Schema'],
    [{ input: null }, 'input: must be a Standard Schema'],
    [{ secretInputs: 'token' }, 'secretInputs: must be a list of paths'],
    [{ timeout: 0 }, 'timeout: 0 would end it at once; leave it out'],
    [{ timeout: '0s' }, 'timeout: "0s" would end it at once'],
    [{ tasks: undefined }, 'tasks: must be a function'],
    [{ timout: '1s' }, 'timout: is not an option of defineWorkflow; did you mean "timeout"?'],
    [{ inputs: {} }, 'inputs: is not an option of defineWorkflow; did you mean "input"?'],
  ])('are refused: %j', (options, message) => {
    const found = refusal(() => define(options));
    expect(found.code).toBe('NUFLOW_INVALID_DEFINITION');
    expect(found.message).toContain(message);
  });

  it.each([undefined, null, 5, 'x', []])('are refused when they are %j', (options) => {
    const found = refusal(() => defineWorkflow('w', options as never));
    expect(found.code).toBe('NUFLOW_INVALID_DEFINITION');
  });

  it.each([
    [() => {}, 'tasks: must return an object'],
    [async () => ({}), 'tasks: must not be async'],
    [() => [], 'tasks: must return an object'],
    [() => 'a', 'tasks: must return an object'],
    [() => ({ a: 'a' }), 'outputs.a: must be a task'],
    [() => ({ a: undefined }), 'outputs.a: must be a task'],
    [(t: TaskBuilder<unknown>) => t.fn('a', { run: () => 1 }), 'outputs.id: must be a task'],
  ])('are refused for what tasks returns', (tasks, message) => {
    const found = refusal(() => define({ tasks }));
    expect(found).toMatchObject({ code: 'NUFLOW_INVALID_DEFINITION' });
    expect(found.message).toContain(message);
  });

  it('may have undefined for what they have not', () => {
    expect(() => define({ version: undefined, timout: undefined })).not.toThrow();
  });
});

describe.each(KINDS)('options of a task by t.%s', (kind) => {
  it.each([
    [{ pool: 5 }, 'tasks.a.pool: 5 is not the name of a pool'],
    [{ pool: null }, 'tasks.a.pool: null is not'],
    [{ retry: null }, 'tasks.a.retry: must be an object, not null'],
    [{ retry: 3 }, 'write { maximumAttempts: 3 }'],
    [{ retry: { attempts: 3 } }, 'tasks.a.retry.attempts: is not an option of retry; did you mean'],
    [{ retry: { jiter: 1 } }, 'did you mean "jitter"?'],
    [{ needs: null }, 'tasks.a.needs: must be an object'],
    [{ needs: 'x' }, 'tasks.a.needs: must be an object'],
    [{ needs: { x: 5 } }, 'tasks.a.needs.x: must be a task'],
    [{ needs: [undefined] }, 'tasks.a.needs.0: must be a task'],
    [{ secrets: 'X' }, 'tasks.a.secrets: must be a list of names'],
    [{ secrets: null }, 'tasks.a.secrets: must be a list of names'],
    [{ priority: 'high' }, 'tasks.a.priority: "high" is not a finite number'],
    [{ priority: 1n }, 'tasks.a.priority: 1 is not a finite number'],
    [{ trigger: null }, 'tasks.a.trigger: null is not one of'],
    [{ onInterrupted: 5n }, 'tasks.a.onInterrupted: 5 is not one of'],
    [{ output: { type: 'string' } }, 'tasks.a.output: must be a Standard Schema'],
    [{ output: null }, 'tasks.a.output: must be a Standard Schema'],
    [{ timeout: 0 }, 'tasks.a.timeout: 0 would end it at once'],
    [{ timeout: null }, 'tasks.a.timeout: null is not a duration'],
    [{ retries: 3 }, 'tasks.a.retries: is not an option of'],
    [{ retries: 3 }, 'did you mean "retry"?'],
    [{ need: ['x'] }, 'did you mean "needs"?'],
    [{ timout: '1s' }, 'did you mean "timeout"?'],
    [{ probe: 5 }, 'tasks.a.probe: must be a'],
    [{ probe: null }, 'tasks.a.probe: must be a'],
  ])('are refused: %o', (options, message) => {
    const found = refusal(() => defineTask(kind, options));
    expect(found.code).toBe('NUFLOW_INVALID_DEFINITION');
    expect(found.message).toContain(message);
  });

  it.each([5, null, undefined, {}])('are refused with the id %j', (id) => {
    const found = refusal(() => defineTask(kind, {}, id === undefined ? Symbol('x') : id));
    expect(found.code).toBe('NUFLOW_INVALID_TASK_ID');
  });
});

describe('fields of a task', () => {
  it.each<[Kind, Given, string]>([
    ['nu', { args: [1] }, 'tasks.a.args: is not an option of t.nu'],
    ['nu', { script: 'x.nu' }, 'tasks.a.script: is not an option of t.nu'],
    [
      'nu',
      { probe: { code: '1', inputs: 1 } },
      'tasks.a.probe.inputs: is not an option of a probe',
    ],
    ['shell', { cmd: 'ls' }, 'tasks.a.cmd: is not an option of t.shell'],
    ['shell', { probe: { command: 'true', arg: [] } }, 'did you mean "args"?'],
    ['fn', { run: 5 }, 'tasks.a.run: must be a function, not 5'],
    ['task', { runner: 5 }, 'tasks.a.runner: must be the name of a runner'],
    ['task', { with: [] }, 'tasks.a.with: must be an object'],
  ])('of t.%s are refused: %o', (kind, options, message) => {
    const found = refusal(() => defineTask(kind, options));
    expect(found.code).toBe('NUFLOW_INVALID_DEFINITION');
    expect(found.message).toContain(message);
  });
});

describe('timeouts in plain data', () => {
  it.each([
    [{ name: 'w', timeout: 0, tasks: [] }, 'timeout: 0 would end it at once'],
    [
      { name: 'w', tasks: [{ id: 'a', timeout: '0s', shell: { command: 'true' } }] },
      'tasks.a.timeout: "0s" would end it at once',
    ],
  ])('can not be 0', (data, message) => {
    expect(refusal(() => workflowFromData(data)).message).toContain(message);
  });
});
