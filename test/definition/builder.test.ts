import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineWorkflow, type TaskBuilder } from '../../src/index.js';

function define(
  tasks: (t: TaskBuilder<unknown>) => void,
  options: { readonly version?: string } = {},
) {
  return defineWorkflow('w', {
    ...options,
    tasks: (t) => {
      tasks(t as TaskBuilder<unknown>);
      return {};
    },
  });
}

/** Code and path of what is thrown. */
function refusal(make: () => unknown): object {
  try {
    make();
  } catch (error) {
    const { code, details } = error as { code: string; details: { path: string } };
    return { code, path: details.path };
  }
  throw new Error('it was taken');
}

describe('building a workflow', () => {
  it('keeps data as it is, and functions beside it', () => {
    const args = () => ['x'];
    const { spec, code } = define((t) =>
      t.nu('a', { use: 'm.nu', call: 'c', args, flags: { f: 1 }, env: { X: '1' }, cwd: 'here' }),
    );
    expect(spec.tasks).toEqual([
      {
        id: 'a',
        runner: 'nu',
        needs: [],
        with: {
          use: 'm.nu',
          call: 'c',
          args: { $function: 'args' },
          flags: { f: 1 },
          env: { X: '1' },
          cwd: 'here',
        },
        functions: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
    ]);
    expect(code.tasks.get('a')?.fields?.get('args')).toBe(args);
  });

  it.each<[what: string, add: (t: TaskBuilder<unknown>) => unknown, settings: object]>([
    [
      'code',
      (t) => t.nu('a', { code: '$in', input: [1], stdlib: true, includePaths: ['lib'] }),
      { code: '$in', input: [1], stdlib: true, includePaths: ['lib'] },
    ],
    [
      'a script',
      (t) => t.nu('a', { script: 'x.nu', args: ['-v'] }),
      { script: 'x.nu', args: ['-v'] },
    ],
    [
      'a program',
      (t) => t.shell('a', { command: 'ls', stdin: 'text' }),
      { command: 'ls', stdin: 'text' },
    ],
    [
      'another runner’s task',
      (t) => t.task('a', { runner: 'docker', with: { image: 'x', none: undefined } }),
      { image: 'x' },
    ],
  ])('makes %s of plain data', (_what, add, settings) => {
    const workflow = define(add);
    expect(workflow.spec.tasks[0]?.with).toEqual(settings);
    expect(workflow.portable).toBe(true);
  });

  it('names outputs by what tasks returns, and needs by ids', () => {
    const { spec } = defineWorkflow('w', {
      tasks: (t) => {
        const a = t.shell('id a', { command: 'a' });
        const b = t.shell('b', { command: 'b', needs: [a, 'id a'] });
        const c = t.shell('c', { command: 'c', needs: { first: a, second: b } });
        return { result: c, also: a };
      },
    });
    expect(spec.outputs).toEqual([
      ['result', 'c'],
      ['also', 'id a'],
    ]);
    expect(spec.tasks.map(({ needs }) => needs)).toEqual([[], ['id a', 'id a'], ['id a', 'b']]);
  });

  it('fills in Temporal’s defaults of a retry', () => {
    const { spec } = define((t) => {
      t.shell('some', { command: 'x', retry: { maximumAttempts: 3 } });
      t.shell('long', { command: 'x', retry: { initialInterval: '36500d' } });
    });
    expect(spec.tasks[0]?.retry).toEqual({
      initialIntervalMs: 1_000,
      backoffCoefficient: 2,
      maximumIntervalMs: 100_000,
      maximumAttempts: 3,
      nonRetryableErrors: [],
      jitter: 0,
    });
    expect(spec.tasks[1]?.retry?.maximumIntervalMs).toBe(spec.tasks[1]?.retry?.initialIntervalMs);
  });

  it('is portable exactly when the data is all', () => {
    const portable = (tasks: (t: TaskBuilder<unknown>) => void) => define(tasks).portable;
    expect(
      portable((t) => t.shell('a', { command: 'x', output: z.object({ n: z.number() }) })),
    ).toBe(true);
    expect(portable((t) => t.shell('a', { command: 'x', output: z.coerce.number() }))).toBe(false);
    expect(portable((t) => t.fn('a', { run: () => 1 }))).toBe(false);
    expect(portable((t) => t.shell('a', { command: 'x', args: () => [] }))).toBe(false);
    expect(portable(() => {})).toBe(true);
  });

  it('can not be changed through what it was made of', () => {
    const args = ['-l'];
    const { spec } = define((t) => t.shell('a', { command: 'ls', args }));
    args.push('-a');
    expect(spec.tasks[0]?.with.args).toEqual(['-l']);
  });

  it.each<[what: string, make: () => unknown, path: string]>([
    ['an empty name', () => defineWorkflow('', { tasks: () => ({}) }), 'name'],
    ['a name that is no text', () => defineWorkflow(7 as never, { tasks: () => ({}) }), 'name'],
    [
      'an unknown onFailure',
      () => defineWorkflow('w', { onFailure: 'panic' as never, tasks: () => ({}) }),
      'onFailure',
    ],
    [
      'a timeout of the run',
      () => defineWorkflow('w', { timeout: -1, tasks: () => ({}) }),
      'timeout',
    ],
    [
      'a timeout of a task',
      () => define((t) => t.shell('a', { command: 'x', timeout: 'never' as never })),
      'tasks.a.timeout',
    ],
    [
      'an unknown trigger',
      () => define((t) => t.shell('a', { command: 'x', trigger: 'maybe' as never })),
      'tasks.a.trigger',
    ],
    [
      'an unknown onInterrupted',
      () => define((t) => t.shell('a', { command: 'x', onInterrupted: 'cry' as never })),
      'tasks.a.onInterrupted',
    ],
    [
      'a priority that is none',
      () => define((t) => t.shell('a', { command: 'x', priority: Number.NaN })),
      'tasks.a.priority',
    ],
    [
      'a retry that can’t be',
      () => define((t) => t.shell('a', { command: 'x', retry: { maximumAttempts: -1 } })),
      'tasks.a.retry.maximumAttempts',
    ],
  ])('is refused with the place: %s', (_what, make, path) => {
    expect(refusal(make)).toEqual({ code: 'NUFLOW_INVALID_DEFINITION', path });
  });

  it('is refused when a setting is not JSON, with its path', () => {
    const make = () =>
      define((t) => t.task('a', { runner: 'x', with: { deep: [{ at: new Date(0) }] } }));
    expect(refusal(make)).toEqual({ code: 'NUFLOW_NOT_JSON', path: '$[0].at' });
    expect(make).toThrow(/^tasks\.a\.deep is not JSON/);
  });
});
