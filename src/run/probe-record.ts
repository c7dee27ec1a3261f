import type { TaskSpec } from '../definition/spec.js';
import type { CancelReason, RecordDraft, TaskError } from '../journal/record.js';
import type { Ended } from './attempt.js';
import { undone } from './end-record.js';
import { type KeptOutcome, outputFields } from './outputs.js';

/** Longest time of a probe whose task has no timeout, ms. */
export const PROBE_TIMEOUT_MS = 60_000;

/** What a probe's answer is judged from. */
export interface ProbeFacts {
  readonly spec: TaskSpec;
  /** The attempt that ended without an outcome. */
  readonly attempt: number;
  readonly ended: Ended<KeptOutcome>;
  /** Why work is being stopped, when it is. */
  readonly cancelReason: CancelReason;
}

/** Whether a probe says that nothing was done. */
export function saysNothing(outcome: KeptOutcome): boolean {
  return outcome.status === 'succeeded' && 'output' in outcome && outcome.output === null;
}

/**
 * The fact that a probe's answer becomes:
 *
 *   a value ──► the attempt succeeded with it      null ──► by onInterrupted, as nothing was done
 *   it failed, or took too long ──► held: running the task again could double what was done
 *
 * Undefined when the orchestrator stops, or there is no space to ask: the probe is asked again at the next
 * resume. What a probe says once it was told to stop is not heeded.
 */
export function probeRecord({
  spec,
  attempt,
  ended,
  cancelReason,
}: ProbeFacts): RecordDraft | undefined {
  const { outcome, stopped } = ended;
  const task = spec.id;
  if (stopped === 'shutdown') return undefined;
  if (stopped === 'cancel') return { type: 'task.cancelled', task, attempt, reason: cancelReason };
  if (stopped === 'timeout') return held(spec, attempt, timeoutError(spec));
  if (outcome.status === 'notBegun') return undefined;
  if (outcome.status !== 'succeeded') return held(spec, attempt, failedError(outcome));
  if (saysNothing(outcome)) return undone(spec, attempt);
  return { type: 'task.succeeded', task, attempt, ...outputFields(outcome) };
}

function held({ id }: TaskSpec, attempt: number, error: TaskError): RecordDraft {
  return { type: 'task.interrupted', task: id, attempt, next: 'hold', error };
}

function timeoutError({ timeoutMs = PROBE_TIMEOUT_MS }: TaskSpec): TaskError {
  return {
    code: 'NUFLOW_PROBE_TIMEOUT',
    message: `The probe gave no answer within ${timeoutMs} ms and was stopped; whether the work was done is not known.`,
  };
}

function failedError(outcome: Exclude<KeptOutcome, { status: 'succeeded' }>): TaskError {
  const inner = outcome.status === 'failed' ? [outcome.error] : [];
  const why = inner.map(({ code, message }) => ` (${code}: ${message})`).join('');
  return {
    code: 'NUFLOW_PROBE_FAILED',
    message: `The probe failed${why}; whether the work was done is not known.`,
    inner,
  };
}
