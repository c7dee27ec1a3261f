import type { OnFailure, TaskSpec, WorkflowSpec } from '../definition/spec.js';
import { unreachable } from '../errors.js';
import type {
  CancelReason,
  FinishedStatus,
  JournalRecord,
  RecordDraft,
  TaskError,
  TaskRecord,
} from '../journal/record.js';
import { pathLengths } from './critical-path.js';
import { neighbours, type Plan } from './plan.js';
import { ReadyQueue } from './ready-queue.js';
import { verdict } from './trigger-rules.js';

/** Where a task stands, as small numbers. From SUCCEEDED on it is terminal. */
const WAITING = 0;
const READY = 1;
const TAKEN = 2;
const RUNNING = 3;
const RETRYING = 4;
const HELD = 5;
const SUCCEEDED = 6;
const FAILED = 7;
const UPSTREAM_FAILED = 8;
const SKIPPED = 9;
const CANCELLED = 10;

/** Records made in one go when many tasks are settled at once. */
const BATCH = 1_000;

interface SettledByRule {
  readonly task: number;
  readonly status: 'skipped' | 'upstreamFailed';
  readonly by: number;
}

/** Tasks by where they stand. */
export interface Counts {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
}

/**
 * What may happen next in a run: `decide` in its incremental form. Fed with every record the run
 * appends, it knows what may start and what is settled, in O(dependents · log n) a record. No I/O, clock or
 * randomness: the same records always give the same frontier.
 */
export class Frontier {
  readonly #plan: Plan;
  readonly #tasks: readonly TaskSpec[];
  readonly #onFailure: OnFailure;
  readonly #status: Uint8Array;
  readonly #attempts: Int32Array;
  /** Of each task's needs, how many ended in which way. */
  readonly #upstream: {
    readonly succeeded: Int32Array;
    readonly failed: Int32Array;
    readonly upstreamFailed: Int32Array;
    readonly skipped: Int32Array;
  };
  readonly #rank: Int32Array;
  readonly #taskAtRank: Int32Array;
  readonly #queues = new Map<string | undefined, { readonly queue: ReadyQueue; size: number }>();
  readonly #retrying = new Map<number, { readonly retryAt: string; readonly error: TaskError }>();
  /** Tasks their trigger rule has settled, and the need that did it. */
  #settled: SettledByRule[] = [];
  #settledHead = 0;
  /** While tasks that will not start any more are being written off: the next one to look at. */
  #sweepAt: number;
  #firstFailed = -1;
  #cancelReason: CancelReason | undefined;
  #finished = false;
  #counts = { done: 0, failed: 0, upstreamFailed: 0, cancelled: 0 };

  constructor(
    plan: Plan,
    workflow: WorkflowSpec,
    onFailure: OnFailure,
    options: { readonly weights?: ((index: number) => number) | undefined } = {},
  ) {
    const { size } = plan;
    this.#plan = plan;
    this.#tasks = workflow.tasks;
    this.#onFailure = onFailure;
    this.#status = new Uint8Array(size);
    this.#attempts = new Int32Array(size);
    this.#upstream = {
      succeeded: new Int32Array(size),
      failed: new Int32Array(size),
      upstreamFailed: new Int32Array(size),
      skipped: new Int32Array(size),
    };
    this.#taskAtRank = byImportance(plan, workflow.tasks, options.weights);
    this.#rank = new Int32Array(size);
    for (let rank = 0; rank < size; rank++) this.#rank[this.#taskAtRank[rank] as number] = rank;
    this.#sweepAt = size;
    for (const task of this.#taskAtRank) this.#judge(task, -1);
  }

  /** Tasks in all, ended, failed for good, cancelled. */
  get counts(): Counts {
    const { done, failed, cancelled } = this.#counts;
    return { total: this.#plan.size, done, failed, cancelled };
  }

  /** Whether what runs is to be cancelled because something failed. */
  get shouldTerminate(): boolean {
    return this.#onFailure === 'terminate' && this.#firstFailed >= 0;
  }

  /** Pools that have ready tasks; `undefined` is the orchestrator's own. */
  *pools(): Iterable<string | undefined> {
    for (const [pool, { size }] of this.#queues) if (size > 0) yield pool;
  }

  /** Number of tasks of the pool that could start now. */
  ready(pool?: string): number {
    return this.#queues.get(pool)?.size ?? 0;
  }

  /** The ready task to start first: by priority, then the longest path to the end, then definition order. Its task.started must be applied next. */
  take(pool?: string): { readonly task: string; readonly attempt: number } | undefined {
    const ready = this.#queues.get(pool);
    for (let rank = ready?.queue.pop(); rank !== undefined; rank = ready?.queue.pop()) {
      const task = this.#taskAtRank[rank] as number;
      if (this.#status[task] !== READY) continue; // it left the queue in another way
      this.#leaveQueue(task, TAKEN);
      return { task: this.#id(task), attempt: (this.#attempts[task] as number) + 1 };
    }
    return undefined;
  }

  /** Tasks that wait for their next attempt. */
  *retrying(): Iterable<{ readonly task: string; readonly retryAt: string }> {
    for (const [task, { retryAt }] of this.#retrying) yield { task: this.#id(task), retryAt };
  }

  /** The time of a retrying task's next attempt has come. */
  due(task: string): void {
    const index = this.#index(task);
    if (this.#status[index] === RETRYING && !this.#startsNothingMore()) this.#enqueue(index);
  }

  /**
   * Facts that follow without anything running: tasks skipped by their trigger rule, or because the
   * run starts nothing more, and the run's end. Append and apply each, then ask again, until none are left.
   */
  settled(): RecordDraft[] {
    if (this.#settledHead < this.#settled.length) return this.#settledByRule();
    const swept = this.#sweep();
    if (swept.length > 0) return swept;
    if (this.#finished || this.#counts.done < this.#plan.size) return [];
    return [{ type: 'run.finished', status: this.#finalStatus() }];
  }

  /** Takes a fact in. Facts of tasks move them; dependents follow. */
  apply(record: JournalRecord): void {
    switch (record.type) {
      case 'run.started':
      case 'run.resumed':
      case 'task.spawned':
        return;
      case 'run.cancelRequested':
        this.#cancelReason = record.reason;
        this.#sweepAt = 0;
        return;
      case 'run.finished':
        this.#finished = true;
        return;
      default:
        this.#applyTask(this.#index(record.task), record);
    }
  }

  #applyTask(task: number, record: Exclude<TaskRecord, { type: 'task.spawned' }>): void {
    switch (record.type) {
      case 'task.started':
        this.#attempts[task] = record.attempt;
        this.#leaveQueue(task, RUNNING);
        break;
      case 'task.succeeded':
        this.#end(task, SUCCEEDED);
        break;
      case 'task.failed':
        this.#fail(task);
        break;
      case 'task.retryScheduled':
        this.#retrying.set(task, { retryAt: record.retryAt, error: record.error });
        this.#pause(task, RETRYING);
        break;
      case 'task.interrupted':
        if (record.next === 'retry') this.#enqueue(task);
        this.#pause(task, record.next === 'retry' ? READY : HELD);
        break;
      case 'task.skipped':
        this.#end(task, record.status === 'skipped' ? SKIPPED : UPSTREAM_FAILED);
        break;
      case 'task.cancelled':
        this.#end(task, CANCELLED);
        break;
      default:
        unreachable(record, 'Frontier.apply');
    }
  }

  /** A task that ran and has not ended; when nothing more starts, the sweep must come by again. */
  #pause(task: number, status: number): void {
    this.#status[task] = status;
    if (this.#startsNothingMore()) this.#sweepAt = Math.min(this.#sweepAt, task);
  }

  #fail(task: number): void {
    if (this.#firstFailed < 0) {
      this.#firstFailed = task;
      if (this.#onFailure !== 'continue') this.#sweepAt = 0;
    }
    this.#end(task, FAILED);
  }

  #end(task: number, status: number): void {
    this.#leaveQueue(task, status);
    this.#counts.done++;
    if (status === FAILED) this.#counts.failed++;
    if (status === UPSTREAM_FAILED) this.#counts.upstreamFailed++;
    if (status === CANCELLED) this.#counts.cancelled++;
    const counter = this.#counterOf(status);
    for (const dependent of neighbours(this.#plan.dependents, task)) {
      counter[dependent] = (counter[dependent] as number) + 1;
      if (this.#status[dependent] === WAITING) this.#judge(dependent, task);
    }
  }

  #counterOf(status: number): Int32Array {
    if (status === SUCCEEDED) return this.#upstream.succeeded;
    if (status === SKIPPED) return this.#upstream.skipped;
    return status === UPSTREAM_FAILED ? this.#upstream.upstreamFailed : this.#upstream.failed;
  }

  /** Asks the trigger rule of a waiting task, after `by` (or nothing yet) ended. */
  #judge(task: number, by: number): void {
    const { succeeded, failed, upstreamFailed, skipped } = this.#upstream;
    const { offsets } = this.#plan.needs;
    const answer = verdict(this.#tasks[task]?.trigger ?? 'all_success', {
      total: (offsets[task + 1] as number) - (offsets[task] as number),
      succeeded: succeeded[task] as number,
      failed: failed[task] as number,
      upstreamFailed: upstreamFailed[task] as number,
      skipped: skipped[task] as number,
    });
    if (answer === 'run') this.#enqueue(task);
    else if (answer !== 'wait') this.#settled.push({ task, status: answer, by });
  }

  #enqueue(task: number): void {
    const pool = this.#tasks[task]?.pool;
    const ready = this.#queues.get(pool) ?? { queue: new ReadyQueue(), size: 0 };
    this.#queues.set(pool, ready);
    this.#retrying.delete(task);
    this.#status[task] = READY;
    ready.queue.push(this.#rank[task] as number);
    ready.size++;
  }

  #leaveQueue(task: number, status: number): void {
    const ready = this.#queues.get(this.#tasks[task]?.pool);
    if (this.#status[task] === READY && ready !== undefined) ready.size--;
    this.#retrying.delete(task);
    this.#status[task] = status;
  }

  #settledByRule(): RecordDraft[] {
    const drafts: RecordDraft[] = [];
    for (; this.#settledHead < this.#settled.length && drafts.length < BATCH; this.#settledHead++) {
      const { task, status, by } = this.#settled[this.#settledHead] as SettledByRule;
      if (this.#status[task] !== WAITING) continue;
      this.#status[task] = TAKEN;
      const rule = this.#tasks[task]?.trigger ?? 'all_success';
      drafts.push({
        type: 'task.skipped',
        task: this.#id(task),
        status,
        reason: { by: 'trigger', rule, dependency: this.#id(by) },
      });
    }
    if (this.#settledHead === this.#settled.length) {
      this.#settled = [];
      this.#settledHead = 0;
    }
    return drafts;
  }

  #startsNothingMore(): boolean {
    return (
      this.#cancelReason !== undefined || (this.#onFailure !== 'continue' && this.#firstFailed >= 0)
    );
  }

  /** Once the run starts nothing more, every task that has not started is written off. */
  #sweep(): RecordDraft[] {
    const drafts: RecordDraft[] = [];
    for (; this.#sweepAt < this.#plan.size && drafts.length < BATCH; this.#sweepAt++) {
      const draft = this.#writeOff(this.#sweepAt);
      if (draft !== undefined) drafts.push(draft);
    }
    return drafts;
  }

  #writeOff(task: number): RecordDraft | undefined {
    const status = this.#status[task] as number;
    const unstarted = status === WAITING || status === READY;
    if (!unstarted && status !== RETRYING && status !== HELD) return undefined;
    const id = this.#id(task);
    const attempt = this.#attempts[task] as number;
    if (this.#cancelReason !== undefined) {
      return {
        type: 'task.cancelled',
        task: id,
        ...(attempt === 0 ? {} : { attempt }),
        reason: this.#cancelReason,
      };
    }
    if (unstarted) {
      return {
        type: 'task.skipped',
        task: id,
        status: 'skipped',
        reason: { by: 'onFailure', failed: this.#id(this.#firstFailed) },
      };
    }
    const error = this.#retrying.get(task)?.error;
    return error === undefined ? undefined : { type: 'task.failed', task: id, attempt, error };
  }

  /** A run that a cancel or timeout cut short says so; otherwise one failed task makes a failed run, also when a later task dealt with it. */
  #finalStatus(): FinishedStatus {
    if (this.#cancelReason !== undefined && this.#counts.cancelled > 0) {
      return this.#cancelReason === 'runTimeout' ? 'failed' : 'cancelled';
    }
    return this.#counts.failed + this.#counts.upstreamFailed > 0 ? 'failed' : 'succeeded';
  }

  #index(task: string): number {
    const index = this.#plan.index.get(task);
    if (index === undefined) throw new Error(`record of unknown task ${JSON.stringify(task)}`);
    return index;
  }

  #id(task: number): string {
    return this.#plan.ids[task] as string;
  }
}

/** Task indices, most important first: priority, then path to the end, then definition order. */
function byImportance(
  plan: Plan,
  tasks: readonly TaskSpec[],
  weights: ((index: number) => number) | undefined,
): Int32Array {
  const order = new Int32Array(plan.size);
  for (let i = 0; i < plan.size; i++) order[i] = i;
  const prioritized = tasks.some((task) => task.priority !== undefined);
  if (!prioritized && weights === undefined && plan.needs.targets.length === 0) return order; // all alike
  const lengths = pathLengths(plan, weights);
  const priority = (i: number): number => tasks[i]?.priority ?? 0;
  return order.sort(
    (a, b) => priority(b) - priority(a) || (lengths[b] as number) - (lengths[a] as number) || a - b,
  );
}
