import type { JsonValue } from '../../definition/json.js';
import type { OnFailure, WorkflowSpec } from '../../definition/spec.js';
import type { ProcessIdentity } from '../../platform/process-identity.js';
import type { CancelReason, FinishedStatus, OutputFile, SkipReason, TaskError } from './record.js';
import type { TaskStates } from './task-states.js';

/**
 * What a journal says, folded. A task's state carries just the data of its status:
 *
 *   pending ─► running ─► succeeded | failed | cancelled
 *      ▲         │  └──► retrying ─► running …
 *      │         ├─────► probing ──► succeeded
 *      │         │          ├──────► pending | retrying | failed | cancelled
 *      │         ▼          ▼
 *      │       interrupted (held) ─► succeeded | failed | pending by decision, or cancelled
 *      └── interrupted with next: retry
 *   pending ─► skipped | upstreamFailed | cancelled
 */
export type TaskState =
  | PendingTask
  | RunningTask
  | RetryingTask
  | ProbingTask
  | InterruptedTask
  | SucceededTask
  | FailedTask
  | SkippedTask
  | CancelledTask;

/** `attempts` started so far; `failures` of them count against `maximumAttempts` (interruptions don't). */
interface Tries {
  readonly attempts: number;
  readonly failures: number;
  /** How often in a row the task died with its orchestrator, since its last failure or decision; absent: never. */
  readonly crashes?: number | undefined;
}

export interface PendingTask extends Tries {
  readonly status: 'pending';
}
export interface RunningTask extends Tries {
  readonly status: 'running';
  readonly startedAt: string;
  /** The start was written before there was a slot, and nothing says yet that its code runs: it counts as waiting. */
  readonly ahead?: true | undefined;
  /** How the attempt before this one failed, if it did. */
  readonly error?: TaskError | undefined;
  readonly process?: ProcessIdentity | undefined;
}
export interface RetryingTask extends Tries {
  readonly status: 'retrying';
  readonly retryAt: string;
  readonly error: TaskError;
}
/** The attempt ended without an outcome, and its probe is asked whether its work was done, now or at the next resume. */
export interface ProbingTask extends Tries {
  readonly status: 'probing';
  readonly startedAt: string;
  /** How the attempt ended, when the orchestrator saw it: unless its work was done, it is a failed attempt. */
  readonly error?: TaskError | undefined;
}
/** Held for a decision: the attempt ended without an outcome. */
export interface InterruptedTask extends Tries {
  readonly status: 'interrupted';
  readonly startedAt: string;
  readonly heldAt: string;
  /** How the attempt ended, when the orchestrator saw it, or why its probe could not tell. */
  readonly error?: TaskError | undefined;
}
export interface SucceededTask extends Tries {
  readonly status: 'succeeded';
  readonly startedAt: string;
  readonly endedAt: string;
  readonly output?: JsonValue | undefined;
  readonly outputFile?: OutputFile | undefined;
}
export interface FailedTask extends Tries {
  readonly status: 'failed';
  readonly startedAt?: string | undefined;
  readonly endedAt: string;
  readonly error: TaskError;
}
export interface SkippedTask {
  readonly status: 'skipped' | 'upstreamFailed';
  readonly endedAt: string;
  readonly reason: SkipReason;
}
export interface CancelledTask {
  readonly status: 'cancelled';
  readonly attempts: number;
  readonly endedAt: string;
  readonly reason: CancelReason;
  /** How its latest attempt that failed did, when it was to be tried again. */
  readonly error?: TaskError | undefined;
}

export type TaskStatus = TaskState['status'];

export type RunPhase =
  | { readonly status: 'running' }
  | { readonly status: 'cancelling'; readonly reason: CancelReason }
  | { readonly status: FinishedStatus; readonly endedAt: string };

export interface RunState {
  readonly id: string;
  readonly workflow: WorkflowSpec;
  readonly input: JsonValue;
  readonly onFailure: OnFailure;
  readonly traceId: string;
  readonly startedAt: string;
  readonly deadlineAt?: string | undefined;
  /** When the latest process took the run up: its start, or the latest resume. */
  openedAt: string;
  /** Sequence number of the last record folded in. */
  seq: number;
  phase: RunPhase;
  /** Tasks that left their first state; every other task is pending. Read with {@link taskState}. */
  readonly tasks: TaskStates;
}

/** Of a task that no record spoke of. */
export const PENDING: PendingTask = Object.freeze({ status: 'pending', attempts: 0, failures: 0 });

/** State of a task; a task no record spoke of is pending. */
export function taskState(state: RunState, task: string): TaskState {
  return state.tasks.get(task) ?? PENDING;
}

/** The tasks with an attempt that has begun and has no outcome, each with its id: they run, or their probe is asked. */
export function begunTasks({ tasks }: RunState): [string, RunningTask | ProbingTask][] {
  return [...tasks].filter(
    (entry): entry is [string, RunningTask | ProbingTask] =>
      entry[1].status === 'running' || entry[1].status === 'probing',
  );
}

export type TerminalTask = SucceededTask | FailedTask | SkippedTask | CancelledTask;

/** Whether nothing more can happen to the task. */
export function isTerminal(task: TaskState): task is TerminalTask {
  switch (task.status) {
    case 'succeeded':
    case 'failed':
    case 'skipped':
    case 'upstreamFailed':
    case 'cancelled':
      return true;
    default:
      return false;
  }
}

/** Whether only a decision makes the task go on. */
export function isHeld(task: TaskState): task is InterruptedTask {
  return task.status === 'interrupted';
}

/** Whether its code may be running, and is not just about to. */
export function isAtWork(task: TaskState): task is RunningTask {
  return task.status === 'running' && task.ahead !== true;
}

/** Whether the run has ended. */
export function isFinished(state: RunState): boolean {
  return state.phase.status !== 'running' && state.phase.status !== 'cancelling';
}
