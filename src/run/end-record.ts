import type { TaskSpec, WorkflowSpec } from '../definition/spec.js';
import type { CancelReason, RecordDraft, TaskError } from '../journal/record.js';
import type { Ended } from './attempt.js';
import { type KeptOutcome, outputFields } from './outputs.js';
import { backoffMs, mayRetry } from './retry.js';

/** What the end of an attempt is decided from. */
export interface EndFacts {
  readonly spec: TaskSpec;
  readonly attempt: number;
  readonly ended: Ended<KeptOutcome>;
  /** Failures of the task, this one counted. */
  readonly failures: number;
  /** Why attempts are being stopped, when they are. */
  readonly cancelReason: CancelReason;
  /** False once the run starts nothing more. */
  readonly mayStartMore: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Drawn when needed; in [0, 1). */
  readonly random: () => number;
}

/** Why an attempt is held that would have been run again had its processes been seen to be gone. */
const MAY_RUN: TaskError = {
  code: 'NUFLOW_MAY_RUN',
  message:
    'The attempt left no outcome, and whether something of it still runs can not be seen on this system; see to it that nothing does, then decide.',
};

/** The fact that an attempt's end becomes. Work that succeeded counts as done, however it was told to stop. */
export function endRecord(facts: EndFacts): RecordDraft {
  const { spec, attempt, ended } = facts;
  const { outcome, stopped } = ended;
  const task = spec.id;
  if (outcome.status === 'succeeded')
    return { type: 'task.succeeded', task, attempt, ...outputFields(outcome) };
  if (stopped === 'cancel')
    return { type: 'task.cancelled', task, attempt, reason: facts.cancelReason };
  if (outcome.status === 'notBegun' && stopped !== 'timeout')
    return { type: 'task.interrupted', task, attempt, next: 'retry' };
  if (outcome.status === 'interrupted' && outcome.mayRun === true && spec.onInterrupted !== 'fail')
    return { type: 'task.interrupted', task, attempt, next: 'hold', error: MAY_RUN };
  if (stopped === 'shutdown' || outcome.status === 'interrupted')
    return interruption(spec, attempt);
  return failure(facts, stopped === 'timeout' ? timeoutError(spec) : outcome.error);
}

function failure(facts: EndFacts, error: TaskError): RecordDraft {
  const { spec, attempt, failures } = facts;
  if (spec.retry === undefined || !facts.mayStartMore || !mayRetry(spec.retry, failures, error)) {
    return { type: 'task.failed', task: spec.id, attempt, error };
  }
  const retryAt = new Date(
    facts.now + backoffMs(spec.retry, failures, facts.random()),
  ).toISOString();
  return { type: 'task.retryScheduled', task: spec.id, attempt, error, retryAt };
}

/** Whether every task may be tried again after an attempt of which nothing is known. */
export function mayRepeat({ tasks }: WorkflowSpec): boolean {
  return tasks.every(
    ({ onInterrupted = 'retry', probe }) => onInterrupted === 'retry' && probe === undefined,
  );
}

/** What becomes of an attempt that ended without an outcome: its probe is asked, if it has one. */
function interruption(spec: TaskSpec, attempt: number): RecordDraft {
  if (spec.probe === undefined) return undone(spec, attempt);
  return { type: 'task.interrupted', task: spec.id, attempt, next: 'probe' };
}

/** What becomes of an attempt without an outcome, as far as is known without its work done: the task's `onInterrupted` says. */
export function undone(spec: TaskSpec, attempt: number): RecordDraft {
  const choice = spec.onInterrupted ?? 'retry';
  if (choice !== 'fail') return { type: 'task.interrupted', task: spec.id, attempt, next: choice };
  const error = {
    code: 'NUFLOW_INTERRUPTED',
    message:
      'The attempt ended without an outcome (the machine or the orchestrator stopped), and the task says onInterrupted: fail.',
  };
  return { type: 'task.failed', task: spec.id, attempt, error };
}

function timeoutError(spec: TaskSpec): TaskError {
  return {
    code: 'NUFLOW_TIMEOUT',
    message: `The attempt took longer than its timeout of ${spec.timeoutMs} ms and was stopped.`,
  };
}
