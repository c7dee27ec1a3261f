import type {
  CancelReason,
  FinishedStatus,
  RecordDraft,
  TaskError,
} from '../journal/records/record.js';
import type { Counts } from './task-status.js';

/** Why a run starts nothing more: it is being cancelled, or a task failed and it does not go on after that. */
export type Stop =
  | { readonly by: 'cancel'; readonly reason: CancelReason }
  | {
      readonly by: 'onFailure';
      readonly failed: string;
      /** Whether what runs is cancelled too. */
      readonly terminates: boolean;
    };

/** A task that has not ended and does not run, in a run that starts nothing more. */
export interface Unended {
  readonly id: string;
  /** The latest attempt; 0 when none was started. */
  readonly attempt: number;
  /** Whether a person has yet to say what became of its latest attempt. */
  readonly isHeld: boolean;
  /** What its latest attempt failed with, when it was to be tried again. */
  readonly error: TaskError | undefined;
}

/**
 * How such a task ends: cancelled when the run is; otherwise failed when an attempt of it did, else
 * skipped. A held one is as good as running: it waits for its decision, unless what runs is cancelled.
 */
export function writtenOff(task: Unended, stop: Stop): RecordDraft | undefined {
  const { id, attempt, error } = task;
  if (stop.by === 'cancel') {
    const tried = attempt === 0 ? {} : { attempt };
    return { type: 'task.cancelled', task: id, ...tried, reason: stop.reason };
  }
  const { by, failed } = stop;
  if (task.isHeld) {
    if (!stop.terminates) return undefined;
    return { type: 'task.cancelled', task: id, attempt, reason: 'terminate' };
  }
  if (error !== undefined) return { type: 'task.failed', task: id, attempt, error };
  return { type: 'task.skipped', task: id, status: 'skipped', reason: { by, failed } };
}

/**
 * The status of a run whose tasks have all ended. One that a cancel or timeout cut short says so (when
 * all work was done before it took effect, it was not cut short). Otherwise one failed task makes a
 * failed run, also when a later task dealt with the failure: unlike Airflow, which looks at the last
 * tasks only.
 */
export function finalStatus(
  { failed, upstreamFailed, cancelled }: Counts,
  cancelReason: CancelReason | undefined,
): FinishedStatus {
  if (cancelReason !== undefined && cancelled > 0)
    return cancelReason === 'runTimeout' ? 'failed' : 'cancelled';
  return failed + upstreamFailed > 0 ? 'failed' : 'succeeded';
}
