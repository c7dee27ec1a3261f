import { neighbours, type Plan } from '../dag/plan.js';
import type { OnFailure, TaskSpec, WorkflowSpec } from '../definition/spec.js';
import { unreachable } from '../errors.js';
import type {
  CancelReason,
  Decision,
  JournalRecord,
  RecordDraft,
  RecordOf,
  TaskError,
  TaskRecord,
} from '../journal/records/record.js';
import { finalStatus, type Stop, writtenOff } from './derived-records.js';
import { type Coming, coming } from './lookahead.js';
import { ReadyTasks } from './ready-tasks.js';
import {
  CANCELLED,
  CHOSEN,
  type Counts,
  FAILED,
  HELD,
  PROBING,
  READY,
  RETRYING,
  RUNNING,
  SKIPPED,
  SUCCEEDED,
  TaskStatuses,
  UPSTREAM_FAILED,
  WAITING,
} from './task-status.js';
import { type Verdict, verdict } from './trigger-rules.js';
import { UpstreamCounts, upstreamOfOne } from './upstream-counts.js';

/** Records made in one go when many tasks are settled at once. */
const BATCH = 1_000;

/** Something is being done for the task, and a record will say how it ended. */
const UNDER_WAY: readonly number[] = [CHOSEN, RUNNING, PROBING];
/** Where an interrupted task stands, by what is next. */
const INTERRUPTED = { retry: READY, hold: HELD, probe: PROBING } as const;

/** A task that was taken to be started. */
export interface Taken {
  readonly task: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** How important it is: 0 is the most important task of the plan. */
  readonly rank: number;
}

interface Retry {
  readonly retryAt: string;
  readonly delayMs: number;
  readonly error: TaskError;
}

function retryOf({ retryAt, at, error }: RecordOf<'task.retryScheduled'>): Retry {
  return { retryAt, delayMs: Math.max(0, Date.parse(retryAt) - Date.parse(at)), error };
}

/**
 * What may happen next in a run: `decide` in its incremental form. Fed with every record the run
 * appends, it knows what may start and what is settled, in O(dependents · log n) a record. No I/O, clock or
 * randomness, and no memory but of the records: one made from a journal stands where the live one stood
 * (but for {@link due}, which is no record).
 *
 * A run that is cancelled, or that does not go on after a failure, starts nothing more: trigger rules
 * then have no say, and every task that has not started is written off.
 */
export class Frontier {
  readonly #plan: Plan;
  readonly #tasks: readonly TaskSpec[];
  readonly #onFailure: OnFailure;
  readonly #statuses: TaskStatuses;
  readonly #upstream: UpstreamCounts;
  readonly #ready: ReadyTasks;
  readonly #attempts: Int32Array;
  /** Of tasks that failed and were not started again yet. */
  readonly #retries = new Map<number, Retry>();
  /** Tasks that may have to be settled without running. */
  #toSettle: number[] = [];
  #toSettleHead = 0;
  /** Once nothing more starts, all tasks have to be looked at: the next one. */
  #sweepAt: number;
  #firstFailed: number | undefined;
  #cancelReason: CancelReason | undefined;
  #finished = false;

  /** `weights`: expected duration of a task, by index; default 1. */
  constructor(
    plan: Plan,
    workflow: WorkflowSpec,
    onFailure: OnFailure,
    options: { readonly weights?: ((index: number) => number) | undefined } = {},
  ) {
    this.#plan = plan;
    this.#tasks = workflow.tasks;
    this.#onFailure = onFailure;
    this.#statuses = new TaskStatuses(plan.size);
    this.#upstream = new UpstreamCounts(plan.needs, plan.size);
    this.#ready = new ReadyTasks(plan, workflow.tasks, options.weights);
    this.#attempts = new Int32Array(plan.size);
    this.#sweepAt = plan.size;
    for (const task of this.#ready.byImportance) this.#judge(task);
  }

  // --- What may start ---

  /** Pools that have ready tasks; `undefined` is the orchestrator's own. */
  pools(): readonly (string | undefined)[] {
    return this.#stop === undefined ? this.#ready.pools() : [];
  }

  /** Number of tasks of the pool that could start now. */
  ready(pool?: string): number {
    return this.#stop === undefined ? this.#ready.size(pool) : 0;
  }

  /** The ready task to start first: by priority, then the longest path to an end, then definition order. Its task.started must be applied next. */
  take(pool?: string): Taken | undefined {
    const task = this.#stop === undefined ? this.#ready.take(pool) : undefined;
    if (task === undefined) return undefined;
    this.#statuses.set(task, CHOSEN);
    const rank = this.#ready.rankOf(task);
    return { task: this.#id(task), attempt: this.#attempt(task) + 1, rank };
  }

  /** Rank of the task that {@link take} would give; Infinity when there is none. */
  nextRank(pool?: string): number {
    return this.#stop === undefined ? this.#ready.firstRank(pool) : Number.POSITIVE_INFINITY;
  }

  /** Priority of the task of this rank; 0 when there is none. */
  priorityOf(rank: number): number {
    return this.#ready.priorityOf(rank);
  }

  /** At most `limit` tasks that may become ready soon, see {@link coming}. */
  coming(limit: number): Coming[] {
    if (this.#stop !== undefined) return [];
    return coming({ plan: this.#plan, statuses: this.#statuses, upstream: this.#upstream }, limit);
  }

  /** Tasks that wait for the time of their next attempt, and how long that was from when it was decided, ms. */
  *retrying(): Iterable<{
    readonly task: string;
    readonly retryAt: string;
    readonly delayMs: number;
  }> {
    for (const [task, { retryAt, delayMs }] of this.#retries)
      if (this.#statuses.of(task) === RETRYING) yield { task: this.#id(task), retryAt, delayMs };
  }

  /** The time of a retrying task's next attempt has come. */
  due(task: string): void {
    const index = this.#index(task);
    if (this.#statuses.of(index) === RETRYING) this.#makeReady(index);
  }

  // --- How it stands ---

  get counts(): Counts {
    return this.#statuses.counts;
  }

  get running(): number {
    return this.#statuses.count(RUNNING);
  }

  /** Whether an attempt of the task was started and has not ended. */
  isRunning(task: string): boolean {
    return this.#statuses.of(this.#index(task)) === RUNNING;
  }

  /** Whether what runs is to be cancelled because something failed. */
  get shouldTerminate(): boolean {
    return this.#onFailure === 'terminate' && this.#firstFailed !== undefined;
  }

  /** Whether, with nothing left to settle, only a decision about held tasks can make the run go on. */
  get blocked(): boolean {
    const moving = [READY, CHOSEN, RUNNING, RETRYING, PROBING];
    return (
      this.#statuses.count(HELD) > 0 && moving.every((status) => this.#statuses.count(status) === 0)
    );
  }

  /** The latest attempt of a task that is held for a decision; undefined when it is not. */
  heldAttempt(task: string): number | undefined {
    const index = this.#index(task);
    return this.#statuses.of(index) === HELD ? this.#attempt(index) : undefined;
  }

  /** Why nothing more starts; undefined as long as something may. */
  get #stop(): Stop | undefined {
    if (this.#cancelReason !== undefined) return { by: 'cancel', reason: this.#cancelReason };
    if (this.#onFailure === 'continue' || this.#firstFailed === undefined) return undefined;
    const terminates = this.#onFailure === 'terminate';
    return { by: 'onFailure', failed: this.#id(this.#firstFailed), terminates };
  }

  // --- What is settled ---

  /**
   * Facts that follow without anything running: tasks skipped by their trigger rule, or written off
   * because the run starts nothing more, and last the run's end. Append and apply each, then ask again,
   * until none are left: those may settle others. Each fact is handed out once.
   */
  settled(): RecordDraft[] {
    const stop = this.#stop;
    const drafts: RecordDraft[] = [];
    while (drafts.length < BATCH) {
      const task = this.#nextToSettle();
      if (task === undefined) break;
      const draft = stop === undefined ? this.#skip(task) : this.#writeOff(task, stop);
      if (draft === undefined) continue;
      this.#statuses.set(task, CHOSEN);
      drafts.push(draft);
    }
    if (drafts.length > 0 || this.#finished || !this.#statuses.allDone) return drafts;
    this.#finished = true;
    return [{ type: 'run.finished', status: finalStatus(this.counts, this.#cancelReason) }];
  }

  #nextToSettle(): number | undefined {
    if (this.#toSettleHead < this.#toSettle.length) return this.#toSettle[this.#toSettleHead++];
    if (this.#toSettleHead > 0) this.#toSettle = [];
    this.#toSettleHead = 0;
    return this.#sweepAt < this.#plan.size ? this.#sweepAt++ : undefined;
  }

  #skip(task: number): RecordDraft | undefined {
    const status = this.#statuses.of(task) === WAITING ? this.#verdict(task) : 'wait';
    if (status === 'wait' || status === 'run') return undefined;
    const rule = this.#rule(task);
    const culprit = this.#culprit(task, status);
    const dependency = culprit === undefined ? {} : { dependency: this.#id(culprit) };
    const reason = { by: 'trigger', rule, ...dependency } as const;
    return { type: 'task.skipped', task: this.#id(task), status, reason };
  }

  /** The first need that settled the task by itself; none when only all of them together did. */
  #culprit(task: number, settledAs: Verdict): number | undefined {
    const needs = neighbours(this.#plan.needs, task);
    const others = Math.min(needs.length, 2); // itself and, if there are any, one that has not ended
    const settles = (need: number): boolean =>
      verdict(this.#rule(task), upstreamOfOne(this.#statuses.of(need), others)) === settledAs;
    return needs.find(settles);
  }

  #writeOff(task: number, stop: Stop): RecordDraft | undefined {
    const status = this.#statuses.of(task);
    if (status >= SUCCEEDED || UNDER_WAY.includes(status)) return undefined;
    const error = this.#retries.get(task)?.error;
    const attempt = this.#attempt(task);
    return writtenOff({ id: this.#id(task), attempt, isHeld: status === HELD, error }, stop);
  }

  // --- What happened ---

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
        this.#retries.delete(task);
        this.#move(task, RUNNING);
        break;
      case 'task.succeeded':
        this.#end(task, SUCCEEDED);
        break;
      case 'task.failed':
        this.#fail(task);
        break;
      case 'task.retryScheduled':
        this.#retries.set(task, retryOf(record));
        this.#pause(task, RETRYING);
        break;
      case 'task.interrupted':
        if (record.begun === false) this.#attempts[task] = record.attempt - 1;
        this.#pause(task, INTERRUPTED[record.next]);
        break;
      case 'task.decided':
        this.#decided(task, record.decision);
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

  #decided(task: number, decision: Decision): void {
    if (decision === 'rerun') this.#pause(task, READY);
    else if (decision === 'done') this.#end(task, SUCCEEDED);
    else this.#fail(task);
  }

  /** A task that ran and has not ended. When nothing more starts it has to be settled. */
  #pause(task: number, status: number): void {
    if (status === READY) this.#makeReady(task);
    else this.#move(task, status);
    this.#toSettle.push(task);
  }

  #fail(task: number): void {
    if (this.#firstFailed === undefined) {
      this.#firstFailed = task;
      if (this.#onFailure !== 'continue') this.#sweepAt = 0;
    }
    this.#end(task, FAILED);
  }

  #end(task: number, status: number): void {
    this.#retries.delete(task);
    this.#move(task, status);
    const { offsets, targets } = this.#plan.dependents;
    // By hand: most tasks have few dependents, and a view of them would cost more than they do.
    for (let e = offsets[task] as number; e < (offsets[task + 1] as number); e++) {
      const dependent = targets[e] as number;
      this.#upstream.add(dependent, status);
      if (this.#statuses.of(dependent) === WAITING) this.#judge(dependent);
    }
  }

  /** Asks the trigger rule of a waiting task. */
  #judge(task: number): void {
    const answer = this.#verdict(task);
    if (answer === 'run') this.#makeReady(task);
    else if (answer !== 'wait') this.#toSettle.push(task);
  }

  #makeReady(task: number): void {
    this.#statuses.set(task, READY);
    this.#ready.add(task);
  }

  #move(task: number, status: number): void {
    this.#ready.remove(task);
    this.#statuses.set(task, status);
  }

  // --- Short words ---

  #verdict(task: number): Verdict {
    return verdict(this.#rule(task), this.#upstream.of(task));
  }

  #rule(task: number): NonNullable<TaskSpec['trigger']> {
    return this.#tasks[task]?.trigger ?? 'all_success';
  }

  #attempt(task: number): number {
    return this.#attempts[task] as number;
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
