import { plan } from '../../src/dag/plan.js';
import type { OnFailure, TaskSpec, WorkflowSpec } from '../../src/definition/spec.js';
import type {
  Decision,
  JournalRecord,
  RecordDraft,
  TaskError,
} from '../../src/journal/records/record.js';
import { reduce } from '../../src/journal/records/reduce.js';
import { isFinished, type RunState, taskState } from '../../src/journal/records/state.js';
import { Frontier } from '../../src/scheduler/frontier.js';

export const ERROR: TaskError = { code: 'E_TEST', message: 'no' };

/** What a test says of a task; `needs` of task `b` in `{ a: {}, b: { needs: ['a'] } }`. */
export type Tasks = Readonly<
  Record<string, Partial<Pick<TaskSpec, 'needs' | 'trigger' | 'priority' | 'pool'>>>
>;

export function workflow(tasks: Tasks): WorkflowSpec {
  const specs = Object.entries(tasks).map(([id, task]) => {
    return { id, runner: 'fn', needs: [], with: {}, ...task };
  });
  return { name: 'w', tasks: specs };
}

/** A run without journal, executor and runner: every record goes through `reduce` and into the frontier. */
export class RunRig {
  readonly spec: WorkflowSpec;
  readonly records: JournalRecord[] = [];
  readonly frontier: Frontier;
  readonly #onFailure: OnFailure;
  state: RunState;

  constructor(spec: WorkflowSpec, onFailure: OnFailure = 'continue') {
    this.spec = spec;
    this.#onFailure = onFailure;
    this.frontier = this.#newFrontier();
    const first = this.#record({
      type: 'run.started',
      format: 1,
      run: 'r',
      workflow: spec,
      input: null,
      onFailure,
      traceId: '0'.repeat(32),
    });
    this.state = reduce(undefined, first);
    this.frontier.apply(first);
  }

  /** Appends a fact; throws IllegalRecordError for one that can't follow. */
  commit(draft: RecordDraft): void {
    const record = this.#record(draft);
    this.state = reduce(this.state, record);
    this.frontier.apply(record);
  }

  /** Commits all that is settled, as the run does; what was committed. */
  settle(): RecordDraft[] {
    const all: RecordDraft[] = [];
    for (
      let drafts = this.frontier.settled();
      drafts.length > 0;
      drafts = this.frontier.settled()
    ) {
      for (const draft of drafts) this.commit(draft);
      all.push(...drafts);
    }
    return all;
  }

  /** Starts the most important ready task of the pool; its id. */
  start(pool?: string): string | undefined {
    const next = this.frontier.take(pool);
    if (next === undefined) return undefined;
    const { task, attempt } = next;
    this.commit({ type: 'task.started', task, attempt });
    return task;
  }

  /** Starts all that is ready; the ids in order. */
  startAll(pool?: string): string[] {
    const started: string[] = [];
    for (let task = this.start(pool); task !== undefined; task = this.start(pool))
      started.push(task);
    return started;
  }

  succeed(task: string): void {
    this.commit({ type: 'task.succeeded', task, attempt: this.#attempt(task) });
  }

  fail(task: string): void {
    this.commit({ type: 'task.failed', task, attempt: this.#attempt(task), error: ERROR });
  }

  retryLater(task: string): void {
    const retryAt = '2026-01-01T00:00:00.000Z';
    const attempt = this.#attempt(task);
    this.commit({ type: 'task.retryScheduled', task, attempt, error: ERROR, retryAt });
  }

  interrupt(task: string, next: 'retry' | 'hold' | 'probe'): void {
    this.commit({ type: 'task.interrupted', task, attempt: this.#attempt(task), next });
  }

  decide(task: string, decision: Decision): void {
    this.commit({ type: 'task.decided', task, attempt: this.#attempt(task), decision });
  }

  cancelled(task: string): void {
    this.commit({
      type: 'task.cancelled',
      task,
      attempt: this.#attempt(task),
      reason: 'requested',
    });
  }

  cancel(): void {
    this.commit({ type: 'run.cancelRequested', reason: 'requested' });
  }

  /** A frontier made of the records so far, as a resume does. */
  replayed(): Frontier {
    const frontier = this.#newFrontier();
    for (const record of this.records) frontier.apply(record);
    return frontier;
  }

  get isFinished(): boolean {
    return isFinished(this.state);
  }

  /** Ids and statuses of all tasks. */
  get statuses(): Record<string, string> {
    return Object.fromEntries(
      this.spec.tasks.map(({ id }) => [id, taskState(this.state, id).status]),
    );
  }

  #newFrontier(): Frontier {
    return new Frontier(plan(this.spec.tasks), this.spec, this.#onFailure);
  }

  #attempt(task: string): number {
    const state = taskState(this.state, task);
    return 'attempts' in state ? state.attempts : 0;
  }

  #record(draft: RecordDraft): JournalRecord {
    const seq = this.records.length + 1;
    const record = { ...draft, seq, at: new Date(seq).toISOString() };
    this.records.push(record);
    return record;
  }
}
