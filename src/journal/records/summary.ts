import { isAtWork, isHeld, isTerminal, type RunPhase, type RunState } from './state.js';

export type RunStatus = RunPhase['status'];

/** A run in a line. */
export interface RunSummary {
  readonly id: string;
  /** Name of the workflow; empty for a damaged run. */
  readonly workflow: string;
  /** `damaged`: its journal can't be read; inspect the run for the place and the reason. */
  readonly status: RunStatus | 'damaged';
  /** Why it is `damaged`, as the error that opening it throws. */
  readonly problem?: { readonly code: string; readonly message: string } | undefined;
  readonly startedAt: string;
  readonly endedAt?: string | undefined;
  /** Of a run that has not ended: when the latest process took it up. */
  readonly openedAt?: string | undefined;
  readonly tasks: {
    readonly total: number;
    readonly done: number;
    /** Those that failed, and those that could not run because of one that did. */
    readonly failed: number;
    /** Held for a decision. */
    readonly held: number;
    /** Waiting for their next attempt; absent when none does. */
    readonly retrying?: number | undefined;
    /** When the first of them starts again. */
    readonly retryAt?: string | undefined;
    /** Of those that are done; absent for a run that ended under an earlier version. */
    readonly succeeded?: number | undefined;
    readonly upstreamFailed?: number | undefined;
    readonly skipped?: number | undefined;
    readonly cancelled?: number | undefined;
  };
}

/** A run in a line, from its state. */
export function summary(state: RunState): RunSummary {
  const { phase } = state;
  return {
    id: state.id,
    workflow: state.workflow.name,
    status: phase.status,
    startedAt: state.startedAt,
    ...('endedAt' in phase ? { endedAt: phase.endedAt } : { openedAt: state.openedAt }),
    tasks: countTasks(state),
  };
}

/** How many of a run's tasks are how. */
export interface TaskCounts {
  readonly total: number;
  /** Terminal. */
  readonly done: number;
  readonly running: number;
  /** Failed, or could not run because of one that did (`upstreamFailed`). */
  readonly failed: number;
  /** Held for a decision. */
  readonly held: number;
  /** Waiting for their next attempt; absent when none does. */
  readonly retrying?: number | undefined;
  /** When the first of them starts again. */
  readonly retryAt?: string | undefined;
  readonly succeeded: number;
  readonly upstreamFailed: number;
  readonly skipped: number;
  readonly cancelled: number;
}

/** Counts a run's tasks. */
export function countTasks(state: RunState): TaskCounts {
  const count = { succeeded: 0, failed: 0, upstreamFailed: 0, skipped: 0, cancelled: 0 };
  let [running, held] = [0, 0];
  const retries: string[] = [];
  for (const task of state.tasks.values()) {
    if (isTerminal(task)) count[task.status]++;
    else if (isHeld(task)) held++;
    else if (isAtWork(task)) running++;
    else if (task.status === 'retrying') retries.push(task.retryAt);
  }
  const { succeeded, upstreamFailed, skipped, cancelled } = count;
  const failed = count.failed + upstreamFailed;
  const done = succeeded + failed + skipped + cancelled;
  const total = state.workflow.tasks.length;
  const counts = { total, done, running, failed, held };
  const ends = { succeeded, upstreamFailed, skipped, cancelled };
  return { ...counts, ...retryCounts(retries), ...ends };
}

function retryCounts(retries: readonly string[]): Pick<TaskCounts, 'retrying' | 'retryAt'> {
  const [retryAt] = [...retries].sort();
  return retryAt === undefined ? {} : { retrying: retries.length, retryAt };
}
