import type { JsonValue } from '../definition/json.js';
import type { CancelReason, OutputFile, SkipReason, TaskError } from '../journal/records/record.js';
import {
  isFinished,
  isHeld,
  isTerminal,
  type RunState,
  type TaskState,
  type TaskStatus,
  taskState,
} from '../journal/records/state.js';
import { countTasks, type RunStatus, type TaskCounts } from '../journal/records/summary.js';

/** How far a run is. */
export interface Progress extends TaskCounts {
  /** Milliseconds until the end, when the durations of all tasks left are known from earlier runs and none is held; an estimate. */
  readonly etaMs?: number | undefined;
}

/** A task as it stands. Fields that its status does not have are absent. */
export interface TaskSnapshot {
  readonly id: string;
  readonly runner: string;
  readonly needs: readonly string[];
  readonly status: TaskStatus;
  /** Attempts started so far. */
  readonly attempts: number;
  readonly startedAt?: string | undefined;
  readonly endedAt?: string | undefined;
  readonly retryAt?: string | undefined;
  /** Since when it is held for a decision. */
  readonly heldAt?: string | undefined;
  readonly pid?: number | undefined;
  readonly output?: JsonValue | undefined;
  /** In place of `output` when that is over 256 KiB: where it is. Read it with `output()` of run or orchestrator, or with `readOutput`. */
  readonly outputFile?: OutputFile | undefined;
  readonly error?: TaskError | undefined;
  readonly reason?: SkipReason | CancelReason | undefined;
}

/** A run as it stands: a copy, which the run's progress does not change. */
export interface RunSnapshot {
  readonly id: string;
  readonly workflow: string;
  readonly status: RunStatus;
  readonly input: JsonValue;
  readonly startedAt: string;
  readonly endedAt?: string | undefined;
  /** Sequence number of the last record this includes. */
  readonly seq: number;
  readonly progress: Progress;
  /** Tasks held for a decision, see Orchestrator.decide. */
  readonly held: readonly string[];
  /** In definition order. */
  readonly tasks: readonly TaskSnapshot[];
}

/** A copy of the state, for people and tools. */
export function snapshot(state: RunState, estimate?: Estimate): RunSnapshot {
  return {
    id: state.id,
    workflow: state.workflow.name,
    status: state.phase.status,
    input: state.input,
    startedAt: state.startedAt,
    ...endOf(state),
    seq: state.seq,
    progress: progress(state, estimate),
    held: state.workflow.tasks.map(({ id }) => id).filter((id) => isHeld(taskState(state, id))),
    tasks: state.workflow.tasks.map(({ id, runner, needs }) => ({
      id,
      runner,
      needs,
      ...taskFields(taskState(state, id)),
    })),
  };
}

function endOf(state: RunState): { endedAt?: string } {
  return 'endedAt' in state.phase ? { endedAt: state.phase.endedAt } : {};
}

function taskFields(task: TaskState): Omit<TaskSnapshot, 'id' | 'runner' | 'needs'> {
  switch (task.status) {
    case 'running': {
      const { status, attempts, startedAt, process, ahead } = task;
      if (ahead) return { status: 'pending', attempts: attempts - 1 };
      return {
        status,
        attempts,
        startedAt,
        ...(process === undefined ? {} : { pid: process.pid }),
      };
    }
    case 'retrying':
      return {
        status: task.status,
        attempts: task.attempts,
        retryAt: task.retryAt,
        error: task.error,
      };
    case 'interrupted': {
      const { status, attempts, startedAt, heldAt, error } = task;
      return { status, attempts, startedAt, heldAt, ...(error === undefined ? {} : { error }) };
    }
    case 'probing': {
      const { status, attempts, startedAt, error } = task;
      return { status, attempts, startedAt, ...(error === undefined ? {} : { error }) };
    }
    case 'succeeded': {
      const { status, attempts, startedAt, endedAt, output, outputFile } = task;
      return {
        status,
        attempts,
        startedAt,
        endedAt,
        ...(output === undefined ? {} : { output }),
        ...(outputFile === undefined ? {} : { outputFile }),
      };
    }
    case 'failed': {
      const { status, attempts, startedAt, endedAt, error } = task;
      return {
        status,
        attempts,
        ...(startedAt === undefined ? {} : { startedAt }),
        endedAt,
        error,
      };
    }
    case 'skipped':
    case 'upstreamFailed':
      return { status: task.status, attempts: 0, endedAt: task.endedAt, reason: task.reason };
    case 'cancelled':
      return {
        status: task.status,
        attempts: task.attempts,
        endedAt: task.endedAt,
        reason: task.reason,
        ...(task.error === undefined ? {} : { error: task.error }),
      };
    default:
      return { status: task.status, attempts: task.attempts };
  }
}

/** What an estimate of the time left is made from. */
export interface Estimate {
  /** Expected duration of a task, ms; undefined when no earlier run told. */
  readonly durationMs: (task: string) => number | undefined;
  readonly slots: number;
}

/** Counts of a run's tasks, and with an estimate the time left. */
export function progress(state: RunState, estimate?: Estimate): Progress {
  const etaMs = estimate === undefined || isFinished(state) ? undefined : timeLeft(state, estimate);
  return { ...countTasks(state), ...(etaMs === undefined ? {} : { etaMs }) };
}

/** Work left shared among the slots, but no shorter than the longest task left. */
function timeLeft(state: RunState, { durationMs, slots }: Estimate): number | undefined {
  let work = 0;
  let longest = 0;
  for (const { id } of state.workflow.tasks) {
    const task = taskState(state, id);
    if (isTerminal(task)) continue;
    if (isHeld(task)) return undefined;
    const ms = durationMs(id);
    if (ms === undefined) return undefined;
    work += ms;
    longest = Math.max(longest, ms);
  }
  return Math.round(Math.max(work / slots, longest));
}

/**
 * Errors of the tasks that failed, and of those that were cancelled while they were to be tried again or by the timeout of the
 * run, in definition order: the first place to look.
 */
export function failures(state: RunState): { readonly task: string; readonly error: TaskError }[] {
  return state.workflow.tasks.flatMap(({ id }) => {
    const error = failureOf(taskState(state, id));
    return error === undefined ? [] : [{ task: id, error }];
  });
}

const OUT_OF_TIME: TaskError = Object.freeze({
  code: 'NUFLOW_TIMEOUT',
  message: 'The timeout of the run ended it before it was done.',
});

function failureOf(task: TaskState): TaskError | undefined {
  if (task.status !== 'failed' && task.status !== 'cancelled') return undefined;
  const isLate = task.status === 'cancelled' && task.reason === 'runTimeout' && task.attempts > 0;
  return task.error ?? (isLate ? OUT_OF_TIME : undefined);
}
