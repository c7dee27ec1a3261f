import type { TaskSpec, WorkflowSpec } from '../../definition/spec.js';
import type { RecordDraft, TaskError } from '../../journal/records/record.js';
import { RESULT_LOST } from '../../runners/process/lost-result.js';
import { failure } from './attempt-failure.js';
import { type Death, died, held } from './death.js';
import type { EndFacts } from './end-facts.js';
import { type KeptOutcome, outputFields } from './outputs.js';

/** Why an attempt is held that would have been run again had its processes been seen to be gone. */
const MAY_RUN: TaskError = {
  code: 'NUFLOW_MAY_RUN',
  message:
    'The attempt left no outcome, and whether something of it still runs can not be seen on this system; see to it that nothing does, then decide.',
};

/**
 * The fact that an attempt's end becomes. Work that succeeded counts as done, however it was told to stop. Of one
 * that was told to stop nothing else counts as an outcome: what it said may be due to that.
 */
export function endRecord(facts: EndFacts): RecordDraft {
  const { spec, attempt } = facts;
  const { outcome, stopped } = facts.ended;
  const task = spec.id;
  if (outcome.status === 'succeeded')
    return { type: 'task.succeeded', task, attempt, ...outputFields(outcome) };
  if (stopped === 'cancel')
    return { type: 'task.cancelled', task, attempt, reason: facts.cancelReason };
  if (outcome.status === 'notBegun')
    return stopped === 'timeout'
      ? failure(facts, timeoutError(spec))
      : { type: 'task.interrupted', task, attempt, next: 'retry' };
  if (
    outcome.status === 'interrupted' &&
    outcome.mayStillBeRunning === true &&
    spec.onInterrupted !== 'fail'
  )
    return held(spec, attempt, MAY_RUN);
  if (isLost(outcome)) return lost(facts, outcome.error);
  if (outcome.status === 'failed' && stopped === undefined) return failure(facts, outcome.error);
  return died(facts, deathOf(facts));
}

type Lost = Extract<KeptOutcome, { status: 'interrupted' }> & { readonly error: TaskError };

/** Its work was over, and the result found no space: known by no other than its probe, or a person. */
function lost(facts: EndFacts, error: TaskError): RecordDraft {
  const { spec, attempt } = facts;
  if (spec.probe === undefined && spec.onInterrupted !== 'fail') return held(spec, attempt, error);
  return died(facts, { by: 'seen', error });
}

function isLost(outcome: KeptOutcome): outcome is Lost {
  return outcome.status === 'interrupted' && outcome.error?.code === RESULT_LOST;
}

function deathOf({ spec, ended: { outcome, stopped }, crashes }: EndFacts): Death {
  if (stopped === 'timeout') return { by: 'seen', error: timeoutError(spec) };
  if (stopped === 'shutdown') return { by: 'shutdown' };
  const error = 'error' in outcome ? outcome.error : undefined;
  return error === undefined ? { by: 'crash', crashes: crashes + 1 } : { by: 'seen', error };
}

/** Whether every task may be tried again after an attempt of which nothing is known. */
export function mayRepeat({ tasks }: WorkflowSpec): boolean {
  return tasks.every(
    ({ onInterrupted = 'retry', probe }) => onInterrupted === 'retry' && probe === undefined,
  );
}

function timeoutError(spec: TaskSpec): TaskError {
  return {
    code: 'NUFLOW_TIMEOUT',
    message: `The attempt took longer than its timeout of ${spec.timeoutMs} ms and was stopped.`,
  };
}
