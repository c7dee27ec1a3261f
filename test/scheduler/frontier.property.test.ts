import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ON_FAILURE,
  type OnFailure,
  type TaskSpec,
  TRIGGER_RULES,
} from '../../src/definition/spec.js';
import { DECISIONS, type RecordDraft } from '../../src/journal/records/record.js';
import { isTerminal, type TaskStatus, taskState } from '../../src/journal/records/state.js';
import type { Frontier } from '../../src/scheduler/frontier.js';
import { RunRig, type Tasks, workflow } from '../dag/run-rig.js';
import { decide } from '../support/decide.js';

const POOLS = [undefined, 'cloud', 'disk'];

/** A graph in some definition order, with rules, priorities and pools. */
const graph = fc
  .array(
    fc.record({
      needs: fc.array(fc.nat(), { maxLength: 4 }),
      trigger: fc.option(fc.constantFrom(...TRIGGER_RULES), { nil: undefined }),
      priority: fc.option(fc.integer({ min: -1, max: 1 }), { nil: undefined }),
      pool: fc.constantFrom(undefined, undefined, ...POOLS),
    }),
    { minLength: 1, maxLength: 9 },
  )
  .chain((rows) => {
    const tasks = rows.map((row, i) => {
      return [
        `t${i}`,
        { ...row, needs: i === 0 ? [] : row.needs.map((n) => `t${n % i}`) },
      ] as const;
    });
    return fc.shuffledSubarray(tasks, { minLength: tasks.length });
  })
  .map((tasks): Tasks => Object.fromEntries(tasks));

const scenario = fc.record({
  tasks: graph,
  onFailure: fc.constantFrom<OnFailure[]>(...ON_FAILURE),
  choices: fc.array(fc.nat({ max: 10_000 }), { maxLength: 60 }),
});

/** A run in which chance decides what happens next; after each record all ways to the same answer are compared. */
class RandomRun {
  readonly run: RunRig;
  readonly due = new Set<string>();
  readonly taken: string[] = [];

  constructor(tasks: Tasks, onFailure: OnFailure) {
    this.run = new RunRig(workflow(tasks), onFailure);
    this.settle();
  }

  /** Does one of the things that could happen now; false when nothing can. */
  step(choice: number): boolean {
    const possible = this.#possible(choice);
    const happen = possible[choice % Math.max(possible.length, 1)];
    happen?.();
    this.settle();
    return happen !== undefined;
  }

  #possible(choice: number): (() => void)[] {
    const { run } = this;
    const stopped = run.frontier.shouldTerminate || run.state.phase.status === 'cancelling';
    const possible: (() => void)[] = [];
    for (const pool of run.frontier.pools()) possible.push(() => this.#start(pool));
    for (const task of this.#in('running')) {
      possible.push(
        () => run.succeed(task),
        () => run.fail(task),
        () => run.retryLater(task),
        () => run.interrupt(task, 'retry'),
        () => run.interrupt(task, 'hold'),
        () => run.interrupt(task, 'probe'),
      );
      if (stopped) possible.push(() => run.cancelled(task));
    }
    for (const task of this.#in('probing')) {
      possible.push(
        () => run.succeed(task),
        () => run.fail(task),
        () => run.interrupt(task, 'retry'),
        () => run.interrupt(task, 'hold'),
      );
      if (stopped) possible.push(() => run.cancelled(task));
    }
    for (const task of this.#in('interrupted'))
      for (const decision of DECISIONS) possible.push(() => run.decide(task, decision));
    for (const { task } of run.frontier.retrying()) {
      possible.push(() => {
        run.frontier.due(task);
        this.due.add(task);
      });
    }
    if (choice % 23 === 0 && run.state.phase.status === 'running') return [() => run.cancel()];
    return possible;
  }

  /** Lets everything succeed that is left. */
  finish(): void {
    for (let round = 0; !this.run.isFinished; round++) {
      expect(round, 'rounds until the run ends').toBeLessThan(100);
      for (const pool of [...this.run.frontier.pools()]) this.#start(pool);
      for (const task of [...this.#in('running'), ...this.#in('probing')]) this.run.succeed(task);
      for (const task of this.#in('interrupted')) this.run.decide(task, 'fail');
      for (const { task } of [...this.run.frontier.retrying()]) {
        this.run.frontier.due(task);
        this.due.add(task);
      }
      this.settle();
    }
  }

  settle(): void {
    for (;;) {
      this.#compareReplayed();
      const drafts = this.run.frontier.settled();
      expect(sorted(drafts)).toEqual(sorted(decide(this.run.state, this.due).settled));
      if (drafts.length === 0) return;
      for (const draft of drafts) this.run.commit(draft);
    }
  }

  #start(pool: string | undefined): void {
    const expected = decide(this.run.state, this.due).ready.get(pool)?.[0]?.task;
    const task = this.run.start(pool);
    expect(task).toBe(expected);
    if (task === undefined) return;
    this.due.delete(task);
    this.taken.push(task);
    this.#expectNeedsEnded(task);
  }

  #expectNeedsEnded(task: string): void {
    const spec = this.run.spec.tasks.find(({ id }) => id === task);
    if (/^(one_|always)/.test(spec?.trigger ?? '')) return;
    for (const need of spec?.needs ?? []) {
      const { status } = taskState(this.run.state, need);
      expect(isTerminal(taskState(this.run.state, need)), `${need} ${status}`).toBe(true);
      if (spec?.trigger === undefined) expect(status).toBe('succeeded');
    }
  }

  /** A resumed frontier, the live one and the reference agree. */
  #compareReplayed(): void {
    const { run } = this;
    const expected = decide(run.state, this.due);
    const settledOf = (frontier: Frontier): RecordDraft[] => sorted(frontier.settled());
    const resumed = (): Frontier => {
      const frontier = run.replayed();
      for (const task of this.due) frontier.due(task);
      return frontier;
    };
    expect(settledOf(resumed())).toEqual(sorted(expected.settled));
    const taking = resumed();
    expect(taking.counts).toEqual(run.frontier.counts);
    expect([...taking.retrying()]).toEqual([...run.frontier.retrying()]);
    expect(taking.blocked).toBe(run.frontier.blocked);
    expect(run.frontier.running).toBe(this.#in('running').length);
    expect([...run.frontier.pools()].sort()).toEqual([...expected.ready.keys()].sort());
    for (const pool of POOLS) {
      const ready = expected.ready.get(pool) ?? [];
      expect([run.frontier.ready(pool), taking.ready(pool)]).toEqual([ready.length, ready.length]);
      const taken = ready.map(() => ({ next: taking.nextRank(pool), ...taking.take(pool) }));
      expect(taken).toMatchObject(ready);
      expect(taken.every(({ next, rank }) => next === rank)).toBe(true);
      expect(taking.nextRank(pool)).toBe(Number.POSITIVE_INFINITY);
      expect(taking.take(pool)).toBeUndefined();
    }
  }

  #in(status: TaskStatus): string[] {
    const { tasks } = this.run.spec;
    return tasks
      .map((task: TaskSpec) => task.id)
      .filter((id) => taskState(this.run.state, id).status === status);
  }
}

function sorted(drafts: readonly RecordDraft[]): RecordDraft[] {
  const key = (draft: RecordDraft): string => ('task' in draft ? draft.task : '');
  return drafts.toSorted((a, b) => key(a).localeCompare(key(b)));
}

describe('a frontier in any run', () => {
  it('agrees with the reference and with one made from the records, and every task ends', () => {
    fc.assert(
      fc.property(scenario, ({ tasks, onFailure, choices }) => {
        const random = new RandomRun(tasks, onFailure);
        for (const choice of choices) if (!random.step(choice)) break;
        random.finish();
        for (const { id } of random.run.spec.tasks)
          expect(isTerminal(taskState(random.run.state, id))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('takes every task once, needs before dependents, when all succeed', () => {
    fc.assert(
      fc.property(graph, (tasks) => {
        const plain = Object.entries(tasks).map(([id, { needs, pool }]) => [id, { needs, pool }]);
        const random = new RandomRun(Object.fromEntries(plain), 'continue');
        random.finish();
        expect(random.taken.toSorted()).toEqual(Object.keys(tasks).sort());
        expect(random.run.state.phase.status).toBe('succeeded');
      }),
      { numRuns: 50 },
    );
  });
});
