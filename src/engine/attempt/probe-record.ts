import type { TaskSpec } from '../../definition/spec.js';
import type { RecordDraft, TaskError } from '../../journal/records/record.js';
import { type Death, held, notDone } from './death.js';
import type { EndFacts } from './end-facts.js';
import { type KeptOutcome, outputFields } from './outputs.js';

/** Longest time of a probe whose task has no timeout, ms. */
export const PROBE_TIMEOUT_MS = 60_000;

/** Whether a probe says that nothing was done. */
export function saysNothing(outcome: KeptOutcome): boolean {
  return outcome.status === 'succeeded' && 'output' in outcome && outcome.output === null;
}

/**
 * The fact that a probe's answer becomes:
 *
 *   a value ──► the attempt succeeded with it      null ──► as nothing was done, see Death
 *   it failed, or took too long ──► held: running the task again could double what was done
 *
 * Undefined when the orchestrator stops, or there is no space to ask: the probe is asked again at the next
 * resume. What a probe says once it was told to stop is ignored.
 */
export function probeRecord(facts: EndFacts): RecordDraft | undefined {
  const { spec, attempt, cancelReason } = facts;
  const { outcome, stopped } = facts.ended;
  const task = spec.id;
  if (stopped === 'shutdown') return undefined;
  if (stopped === 'cancel') return { type: 'task.cancelled', task, attempt, reason: cancelReason };
  if (stopped === 'timeout') return held(spec, attempt, timeoutError(spec));
  if (outcome.status === 'notBegun') return undefined;
  if (outcome.status !== 'succeeded') return held(spec, attempt, failedError(outcome));
  if (saysNothing(outcome)) return notDone(facts, deathOf(facts));
  return { type: 'task.succeeded', task, attempt, ...outputFields(outcome) };
}

/** That of the attempt which was asked about, as it is on record; a shutdown counts as no crash there. */
function deathOf({ seenDeath, crashes }: EndFacts): Death {
  return seenDeath === undefined ? { by: 'crash', crashes } : { by: 'seen', error: seenDeath };
}

function timeoutError({ timeoutMs = PROBE_TIMEOUT_MS }: TaskSpec): TaskError {
  return {
    code: 'NUFLOW_PROBE_TIMEOUT',
    message: `The probe gave no answer within ${timeoutMs} ms and was stopped; whether the work was done is not known.`,
  };
}

function failedError(outcome: Exclude<KeptOutcome, { status: 'succeeded' }>): TaskError {
  const inner = outcome.error === undefined ? [] : [outcome.error];
  const why = inner.map(({ code, message }) => ` (${code}: ${message})`).join('');
  return {
    code: 'NUFLOW_PROBE_FAILED',
    message: `The probe failed${why}; whether the work was done is not known.`,
    inner,
  };
}
