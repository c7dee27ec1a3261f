import { describe, expect, it } from 'vitest';
import { compareTasks } from '../../src/definition/compare.js';
import type { TaskSpec, WorkflowSpec } from '../../src/definition/spec.js';
import { defineWorkflow, type TaskBuilder } from '../../src/index.js';

function spec(...tasks: Partial<TaskSpec>[]): WorkflowSpec {
  return {
    name: 'w',
    tasks: tasks.map((t) => ({ id: 'a', runner: 'nu', needs: [], with: {}, ...t })),
  };
}

/** Changes between two definitions made by the builder. */
function changes(
  before: (t: TaskBuilder<unknown>) => void,
  after: (t: TaskBuilder<unknown>) => void,
  versions: readonly [string?, string?] = [],
) {
  const [old, now] = [before, after].map((tasks, i) =>
    defineWorkflow('w', {
      version: versions[i],
      tasks: (t) => {
        tasks(t as TaskBuilder<unknown>);
        return {};
      },
    }),
  );
  return compareTasks(old?.spec as WorkflowSpec, now?.spec as WorkflowSpec);
}

describe('comparing definitions', () => {
  it('finds nothing between equal ones, whatever order keys and needs are in', () => {
    const before = spec(
      { id: 'a' },
      { id: 'b', needs: ['a', 'c'], with: { x: 1, y: 2 } },
      { id: 'c' },
    );
    const after = spec(
      { id: 'c' },
      { with: { y: 2, x: 1 }, needs: ['c', 'a'], id: 'b' },
      { id: 'a' },
    );
    expect(compareTasks(before, after)).toEqual([]);
  });

  it('names what was removed, added and changed', () => {
    const before = spec({ id: 'gone' }, { id: 'kept' }, { id: '__proto__' }, { id: 'both' });
    const after = spec(
      { id: 'both', timeoutMs: 1 },
      { id: 'kept' },
      { id: 'new' },
      { id: '__proto__', needs: ['kept'] },
    );
    expect(compareTasks(before, after)).toEqual([
      { task: 'gone', change: 'removed' },
      { task: 'both', change: 'changed' },
      { task: 'new', change: 'added' },
      { task: '__proto__', change: 'changed' },
    ]);
  });

  it.each<Partial<TaskSpec>>([
    { runner: 'shell' },
    { needs: ['b'] },
    { with: { code: '2' } },
    { trigger: 'all_done' },
    { priority: 1 },
    { pool: 'cloud' },
    { onInterrupted: 'hold' },
    { output: { type: 'string' } },
    { functions: 'version 2' },
  ])('counts a task with %j as changed', (change) => {
    expect(compareTasks(spec({ id: 'a' }), spec({ id: 'a', ...change }))).toEqual([
      { task: 'a', change: 'changed' },
    ]);
  });

  it('compares functions by their text', () => {
    const one = (t: TaskBuilder<unknown>) => t.fn('a', { run: () => 1 });
    const same = (t: TaskBuilder<unknown>) => t.fn('a', { run: () => 1 });
    const other = (t: TaskBuilder<unknown>) => t.fn('a', { run: () => 2 });
    expect(changes(one, same)).toEqual([]);
    expect(changes(one, other)).toEqual([{ task: 'a', change: 'changed' }]);
  });

  it('compares functions that compute settings', () => {
    const one = (t: TaskBuilder<unknown>) => t.shell('a', { command: 'ls', args: () => ['-l'] });
    const other = (t: TaskBuilder<unknown>) => t.shell('a', { command: 'ls', args: () => ['-a'] });
    const data = (t: TaskBuilder<unknown>) => t.shell('a', { command: 'ls', args: ['-l'] });
    expect(changes(one, other)).toHaveLength(1);
    expect(changes(one, data)).toHaveLength(1);
    expect(changes(one, one)).toEqual([]);
  });

  it('compares by the version, where there is one, instead of the text', () => {
    const one = (t: TaskBuilder<unknown>) => t.fn('a', { run: () => 1 });
    const other = (t: TaskBuilder<unknown>) => t.fn('a', { run: () => 2 });
    expect(changes(one, other, ['1', '1'])).toEqual([]);
    expect(changes(one, one, ['1', '2'])).toHaveLength(1);
  });

  it('sees that a function gets its needs under other names', () => {
    const swapped = (first: 'x' | 'y', second: 'x' | 'y') => (t: TaskBuilder<unknown>) => {
      const refs = { x: t.shell('x', { command: 'ls' }), y: t.shell('y', { command: 'ls' }) };
      const needs = { first: refs[first], second: refs[second] };
      t.fn('a', { needs, run: ({ needs: { first: f, second: s } }) => [f, s] });
    };
    expect(changes(swapped('x', 'y'), swapped('x', 'y'))).toEqual([]);
    expect(changes(swapped('x', 'y'), swapped('y', 'x'))).toEqual([
      { task: 'a', change: 'changed' },
    ]);
    expect(changes(swapped('x', 'y'), swapped('y', 'x'), ['1', '1'])).toHaveLength(1);
  });
});
