import { IllegalRecordError, unreachable } from '../../errors.js';
import type { JournalRecord, RecordOf, TaskRecord } from './record.js';
import {
  type InterruptedTask,
  isFinished,
  isTerminal,
  PENDING,
  type ProbingTask,
  type RetryingTask,
  type RunningTask,
  type RunState,
  type TaskState,
} from './state.js';
import { TaskStates } from './task-states.js';

/**
 * The one fold: live runs, resume, inspect and every reader use it. No I/O, clock or randomness.
 *
 * It owns `state` and changes it in place (a copy for each of a million records would cost a
 * million copies); each task's state is a fresh value that never changes. Throws
 * {@link IllegalRecordError} for a record that contradicts what came before, state untouched.
 */
export function reduce(state: RunState | undefined, record: JournalRecord): RunState {
  if (record.type === 'run.started') return begin(state, record);
  if (state === undefined) throw illegal(record, 'the first record must be run.started');
  if (record.seq !== state.seq + 1) throw illegal(record, `record ${state.seq + 1} is missing`);
  if (isFinished(state)) throw illegal(record, 'the run has finished');
  if ('task' in record) {
    const place = state.tasks.placeOf(record.task);
    if (place === undefined) throw illegal(record, 'the workflow has no such task');
    state.tasks.put(place, nextTask(state.tasks.at(place) ?? PENDING, record));
  } else {
    state.phase = nextPhase(state, record);
    if (record.type === 'run.resumed') {
      state.openedAt = record.at;
      countUnanswered(state);
    }
  }
  state.seq = record.seq;
  return state;
}

function begin(state: RunState | undefined, record: RecordOf<'run.started'>): RunState {
  if (state !== undefined || record.seq !== 1)
    throw illegal(record, 'a run starts once, in record 1');
  const { run, workflow, input, onFailure, traceId, deadlineAt, at, seq } = record;
  return {
    id: run,
    workflow,
    input,
    onFailure,
    traceId,
    deadlineAt,
    startedAt: at,
    openedAt: at,
    seq,
    phase: { status: 'running' },
    tasks: new TaskStates(workflow.tasks),
  };
}

type RunRecord = Exclude<JournalRecord, { task: string } | { type: 'run.started' }>;

function nextPhase(state: RunState, record: RunRecord): RunState['phase'] {
  switch (record.type) {
    case 'run.resumed':
      return state.phase;
    case 'run.cancelRequested':
      return { status: 'cancelling', reason: record.reason };
    case 'run.finished':
      return { status: record.status, endedAt: record.at };
    default:
      return unreachable(record, 'reduce');
  }
}

/** Probes that were being asked when the last orchestrator ended have to be asked again: each may be what ended it. */
function countUnanswered({ tasks }: RunState): void {
  for (const [place, task] of tasks.entries())
    if (task.status === 'probing') tasks.put(place, { ...task, crashes: (task.crashes ?? 0) + 1 });
}

function nextTask(task: TaskState, record: TaskRecord): TaskState {
  switch (record.type) {
    case 'task.started':
      return started(task, record);
    case 'task.spawned':
      return { ...running(task, record), ahead: undefined, process: identity(record) };
    case 'task.succeeded':
      return succeeded(begun(task, record), record);
    case 'task.failed':
      return failed(task, record);
    case 'task.retryScheduled': {
      const { attempts, failures } = dead(task, record);
      return {
        status: 'retrying',
        attempts,
        failures: failures + 1,
        retryAt: record.retryAt,
        error: record.error,
      };
    }
    case 'task.interrupted':
      return interrupted(begun(task, record), record);
    case 'task.decided':
      return decided(held(task, record), record);
    case 'task.skipped':
      if (task.status !== 'pending' && task.status !== 'retrying')
        throw illegal(record, `the task is ${task.status}`);
      return { status: record.status, endedAt: record.at, reason: record.reason };
    case 'task.cancelled':
      if (isTerminal(task)) throw illegal(record, `the task is ${task.status}`);
      return {
        status: 'cancelled',
        attempts: task.attempts,
        endedAt: record.at,
        reason: record.reason,
        ...lastError(task),
      };
    default:
      return unreachable(record, 'reduce');
  }
}

function started(task: TaskState, record: RecordOf<'task.started'>): TaskState {
  if (task.status === 'running' && task.ahead) return confirmed(task, record);
  if (task.status !== 'pending' && task.status !== 'retrying')
    throw illegal(record, `the task is ${task.status}`);
  if (record.attempt !== task.attempts + 1)
    throw illegal(record, `attempt ${task.attempts + 1} is next`);
  return {
    status: 'running',
    attempts: record.attempt,
    failures: task.failures,
    startedAt: record.at,
    crashes: task.crashes,
    ...lastError(task),
    ...(record.ahead === undefined ? {} : { ahead: record.ahead }),
  };
}

/** The code of a start that was written ahead runs. */
function confirmed(task: RunningTask, record: RecordOf<'task.started'>): TaskState {
  const { attempts, failures, crashes } = running(task, record);
  if (record.ahead) throw illegal(record, 'the attempt was started ahead before');
  const startedAt = record.at;
  return { status: 'running', attempts, failures, startedAt, crashes, ...lastError(task) };
}

/** How the latest attempt that failed did, so far as the task is to be tried again. */
function lastError(task: TaskState): { readonly error?: RetryingTask['error'] } {
  return 'error' in task && task.error !== undefined ? { error: task.error } : {};
}

function succeeded(task: RunningTask | ProbingTask, record: RecordOf<'task.succeeded'>): TaskState {
  const { attempts, failures, startedAt } = task;
  const { output, outputFile } = record;
  return {
    status: 'succeeded',
    attempts,
    failures,
    startedAt,
    endedAt: record.at,
    output,
    outputFile,
  };
}

function interrupted(
  { status, attempts, failures, startedAt, crashes: before }: RunningTask | ProbingTask,
  record: RecordOf<'task.interrupted'>,
): TaskState {
  const { next, error, at, begun } = record;
  const crashes = record.cause === 'crash' ? (before ?? 0) + 1 : before;
  switch (next) {
    case 'retry': {
      const counted = begun === false ? attempts - 1 : attempts;
      return { status: 'pending', attempts: counted, failures, crashes };
    }
    case 'hold':
      return { status: 'interrupted', attempts, failures, startedAt, heldAt: at, error };
    case 'probe':
      if (status === 'probing') throw illegal(record, 'its probe is being asked');
      return { status: 'probing', attempts, failures, startedAt, crashes, error };
    default:
      return unreachable(next, 'reduce');
  }
}

/** An interruption was no failure, so that a decision changes neither `attempts` nor `failures`. */
function decided(task: InterruptedTask, record: RecordOf<'task.decided'>): TaskState {
  const { attempts, failures, startedAt } = task;
  const { decision, outputFile, message, at } = record;
  const output = outputFile === undefined ? (record.output ?? null) : undefined;
  switch (decision) {
    case 'rerun':
      return { status: 'pending', attempts, failures };
    case 'done':
      return {
        status: 'succeeded',
        attempts,
        failures,
        startedAt,
        endedAt: at,
        output,
        outputFile,
      };
    case 'fail':
      return {
        status: 'failed',
        attempts,
        failures,
        startedAt,
        endedAt: at,
        error: {
          code: 'NUFLOW_DECIDED_FAILED',
          message:
            message ?? 'The attempt ended without an outcome, and was decided to have failed.',
        },
      };
    default:
      return unreachable(decision, 'reduce');
  }
}

/**
 * A task fails while it runs, or while it waits for a retry that will not come any more. A held one
 * fails by decision only.
 */
function failed(task: TaskState, record: RecordOf<'task.failed'>): TaskState {
  if (isTerminal(task) || task.status === 'interrupted')
    throw illegal(record, `the task is ${task.status}`);
  if (record.attempt !== task.attempts)
    throw illegal(record, `attempt ${task.attempts} is the latest`);
  const { attempts, failures } = task;
  const { error, at } = record;
  return {
    status: 'failed',
    attempts,
    failures: failures + (isFailing(task) ? 1 : 0),
    startedAt: 'startedAt' in task ? task.startedAt : undefined,
    endedAt: at,
    error,
  };
}

function running(
  task: TaskState,
  record: TaskRecord & { attempt?: number | undefined },
): RunningTask {
  if (task.status !== 'running') throw illegal(record, `the task is ${task.status}`);
  if (record.attempt !== task.attempts)
    throw illegal(record, `attempt ${task.attempts} is running`);
  return task;
}

/** A task whose attempt has begun and has no outcome: it runs, or its probe is being asked. */
function begun(
  task: TaskState,
  record: TaskRecord & { attempt: number },
): RunningTask | ProbingTask {
  return task.status === 'probing' && record.attempt === task.attempts
    ? task
    : running(task, record);
}

/** A task whose attempt failed: by what it left, or because it died and its probe says that its work was not done. */
function dead(task: TaskState, record: RecordOf<'task.retryScheduled'>): RunningTask | ProbingTask {
  const found = begun(task, record);
  if (isFailing(found)) return found;
  throw illegal(record, 'no failure of its attempt is on record');
}

/** Whether the end of its attempt as a failure counts. */
function isFailing(task: TaskState): boolean {
  return task.status === 'running' || (task.status === 'probing' && task.error !== undefined);
}

function held(task: TaskState, record: RecordOf<'task.decided'>): InterruptedTask {
  if (task.status !== 'interrupted') throw illegal(record, `the task is ${task.status}`);
  if (record.attempt !== task.attempts) throw illegal(record, `attempt ${task.attempts} is held`);
  return task;
}

function identity({ pid, startTime, bootId }: RecordOf<'task.spawned'>): RunningTask['process'] {
  return { pid, startTime, bootId };
}

function illegal(record: JournalRecord, why: string): IllegalRecordError {
  return new IllegalRecordError(record.seq, record.type, why);
}
