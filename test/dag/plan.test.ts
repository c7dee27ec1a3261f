import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathLengths } from '../../src/dag/critical-path.js';
import { type Edges, neighbours, type PlanTask, plan } from '../../src/dag/plan.js';
import { CycleError } from '../../src/definition/cycle-error.js';
import {
  DuplicateTaskError,
  InvalidTaskIdError,
  UnknownDependencyError,
} from '../../src/errors.js';

const task = (id: string, ...needs: string[]): PlanTask => ({ id, needs });

/** Tasks named by their number, each needing some of the earlier ones. */
const acyclic = fc
  .array(fc.array(fc.nat()), { maxLength: 30 })
  .map((rows) =>
    rows.map((row, i) => task(`${i}`, ...(i === 0 ? [] : row.map((need) => `${need % i}`)))),
  );

function refusal(tasks: readonly PlanTask[]): CycleError {
  try {
    plan(tasks);
  } catch (error) {
    if (error instanceof CycleError) return error;
  }
  throw new Error('no cycle was found');
}

/** Tasks of any needs: often with cycles. */
const anyGraph = fc
  .array(fc.array(fc.nat(), { maxLength: 2 }), { minLength: 1, maxLength: 12 })
  .map((rows) => rows.map((row, i) => task(`${i}`, ...row.map((need) => `${need % rows.length}`))));

const list = (edges: Edges, node: number): number[] => [...neighbours(edges, node)];

function cycleOf(tasks: readonly PlanTask[]): readonly string[] | undefined {
  try {
    plan(tasks);
    return undefined;
  } catch (error) {
    if (error instanceof CycleError) return error.cycle;
    throw error;
  }
}

describe('plan', () => {
  it('lays out needs and dependents by index, in definition order', () => {
    const made = plan([task('d', 'b', 'c'), task('b', 'a'), task('c', 'a'), task('a')]);
    expect(made.ids).toEqual(['d', 'b', 'c', 'a']);
    expect([...made.index]).toEqual([
      ['d', 0],
      ['b', 1],
      ['c', 2],
      ['a', 3],
    ]);
    expect([0, 1, 2, 3].map((i) => list(made.needs, i))).toEqual([[1, 2], [3], [3], []]);
    expect([0, 1, 2, 3].map((i) => list(made.dependents, i))).toEqual([[], [0], [0], [1, 2]]);
    expect([...made.order]).toEqual([3, 1, 2, 0]);
  });

  it('plans nothing', () => {
    expect(plan([])).toMatchObject({ size: 0, ids: [] });
  });

  it('keeps definition order where needs leave it open', () => {
    expect([...plan(['z', 'a', '10', '9'].map((id) => task(id))).order]).toEqual([0, 1, 2, 3]);
  });

  it('counts a need that is named twice once', () => {
    const made = plan([task('a'), task('b', 'a', 'a', 'a')]);
    expect([list(made.needs, 1), list(made.dependents, 0)]).toEqual([[0], [1]]);
  });

  it('takes ids that are special elsewhere', () => {
    const ids = [
      '__proto__',
      'constructor',
      '10',
      '9',
      'NFCORE:RNASEQ (wt 1)',
      'a.b',
      '..',
      ' ',
      '🦄',
    ];
    const made = plan(ids.map((id, i) => task(id, ...ids.slice(0, i))));
    expect(made.ids).toEqual(ids);
    expect([...made.order]).toEqual(ids.map((_, i) => i));
    expect(() => plan([task('a', '__proto__')])).toThrow(UnknownDependencyError);
    expect(() => plan([task('a', 'toString')])).toThrow(UnknownDependencyError);
  });

  it.each([
    ['empty', ''],
    ['of 201 characters', 'x'.repeat(201)],
    ['of 101 characters outside the BMP', '🦄'.repeat(101)],
    ['with NUL', 'a\u0000'],
    ['with a newline', 'a\nb'],
    ['with U+001F', '\u001f'],
    ['with DEL', '\u007f'],
    ['with U+0080', '\u0080'],
    ['with U+009F', '\u009f'],
    ['with a high surrogate alone', 'a\ud83e'],
    ['with a low surrogate alone', '\udd84a'],
  ])('refuses an id %s', (_, id) => {
    expect(() => plan([task('ok'), task(id)])).toThrow(InvalidTaskIdError);
  });

  it('takes an id of 200 characters, and the characters beside the control characters', () => {
    const ids = ['x'.repeat(200), '🦄'.repeat(100), '\u0020', '\u007e', '\u00a0'];
    expect(plan(ids.map((id) => task(id))).ids).toEqual(ids);
  });

  it('refuses an id that is used twice', () => {
    expect(() => plan([task('a'), task('b'), task('a')])).toThrow(DuplicateTaskError);
  });

  it('refuses a need that is no task, naming both', () => {
    expect(() => plan([task('a', 'b')])).toThrow(/"a" needs "b"/);
  });

  it('names a cycle in order, and only the cycle', () => {
    expect(
      cycleOf([
        task('in', 'a'),
        task('a', 'b'),
        task('b', 'end', 'c'),
        task('c', 'a'),
        task('end'),
      ]),
    ).toEqual(['a', 'b', 'c', 'a']);
    expect(cycleOf([task('a', 'a')])).toEqual(['a', 'a']);
  });

  it('orders every acyclic graph so that needs come first', () => {
    fc.assert(
      fc.property(acyclic, (tasks) => {
        const { order, index } = plan(tasks);
        const place = new Map([...order].map((node, at) => [node, at]));
        expect(place.size).toBe(tasks.length);
        for (const { id, needs } of tasks)
          for (const need of needs)
            expect(place.get(index.get(need) ?? -1)).toBeLessThan(
              place.get(index.get(id) ?? -1) ?? -1,
            );
      }),
    );
  });

  it('names every task of a cycle of 15 in message and details, and counts those of a long one', () => {
    const ring = (size: number) =>
      refusal(Array.from({ length: size }, (_, i) => task(`task ${i}`, `task ${(i + 1) % size}`)));
    const { message, details } = ring(15);
    for (let i = 0; i < 15; i++) expect(message).toContain(`"task ${i}" → `);
    expect(message).not.toContain('…');
    expect(details).toMatchObject({ cycle: { length: 16 }, length: 15 });
    const long = ring(10_000);
    expect(long.message).toContain('cycle of 10000 tasks');
    expect(long.message).toContain('… 9900 more … → "task 0"');
    expect(long.message.length).toBeLessThan(5_000);
    expect(long.details).toMatchObject({ cycle: { length: 100 }, length: 10_000 });
    expect(long.cycle).toHaveLength(10_001);
  });

  it('says which task may have been meant by a need', () => {
    expect(() => plan([task('server'), task('b', 'sevrer')])).toThrow(/did you mean "server"\?/);
    expect(() => plan([task('server'), task('b', 'x')])).toThrow(/add it or correct the name/);
  });

  it('finds in any graph either an order or a cycle that is really there', () => {
    fc.assert(
      fc.property(anyGraph, (tasks) => {
        const cycle = cycleOf(tasks);
        if (cycle === undefined) return;
        expect(cycle.length).toBeGreaterThan(1);
        expect(cycle.at(-1)).toBe(cycle[0]);
        expect(new Set(cycle).size).toBe(cycle.length - 1);
        const needs = new Map(tasks.map((t) => [t.id, t.needs]));
        for (const [i, next] of cycle.slice(1).entries())
          expect(needs.get(cycle[i] ?? '')).toContain(next);
      }),
      { numRuns: 300 },
    );
  });

  it('plans a chain of 100,000, also defined backwards, and finds a cycle of that length', () => {
    const n = 100_000;
    const chain = Array.from({ length: n }, (_, i) =>
      task(`${i}`, ...(i === 0 ? [] : [`${i - 1}`])),
    );
    const ascending = Array.from({ length: n }, (_, i) => i);
    expect([...plan(chain).order]).toEqual(ascending);
    expect([...plan(chain.toReversed()).order]).toEqual(ascending.toReversed());
    const closed = [task('0', `${n - 1}`), ...chain.slice(1)];
    expect(cycleOf(closed)).toHaveLength(n + 1);
  });

  it('plans 100,000 tasks with 300,000 needs, and one that needs them all', () => {
    const n = 100_000;
    const tasks = Array.from({ length: n }, (_, i) =>
      task(`${i}`, ...(i < 3 ? [] : [i - 1, i >> 1, i >> 2].map(String))),
    );
    const made = plan([...tasks, task('all', ...tasks.map(({ id }) => id))]);
    expect(made.order.length).toBe(n + 1);
    expect(list(made.needs, n)).toHaveLength(n);
  });
});

describe('pathLengths', () => {
  it('is the number of tasks on the longest path to an end', () => {
    const made = plan([task('a'), task('b', 'a'), task('c', 'a', 'b'), task('d', 'a'), task('e')]);
    expect([...pathLengths(made)]).toEqual([3, 2, 1, 1, 1]);
  });

  it('adds weights, own included, along the heaviest path', () => {
    const made = plan([task('a'), task('b', 'a'), task('c', 'b'), task('d', 'a')]);
    const weights = [1, 2, 3, 10];
    expect([...pathLengths(made, (i) => weights[i] ?? 0)]).toEqual([11, 5, 3, 10]);
  });
});
