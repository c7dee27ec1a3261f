import { assertJson } from '../../definition/json.js';
import { InvalidOptionError, quote, TaskNotFoundError } from '../../errors.js';
import { DECISIONS, type Decision } from '../../journal/records/record.js';
import { isHeld, type RunState, taskState } from '../../journal/records/state.js';
import type { Outcome } from '../../runners/runner.js';
import { type KeptOutcome, type OutputFields, outputFields } from '../attempt/outputs.js';
import { assertMessage } from '../commit/recordable.js';
import { InvalidOutputError, NotHeldError, RerunRefusedError } from './decision-errors.js';

/** What a decision may bring along. */
export interface DecideOptions {
  /** For `done`: the task's output, JSON that passes its schema; default null. */
  readonly output?: unknown;
  /** Why, for whoever reads the journal; for `fail` it is the error's message. */
  readonly message?: string | undefined;
}

/** What somebody says of a held task. */
export interface HeldDecision extends DecideOptions {
  readonly task: string;
  readonly decision: Decision;
}

/** Throws InvalidOptionError for what no task could be decided with. */
function assertDecision({ decision, output, message }: HeldDecision): void {
  if (!DECISIONS.includes(decision))
    throw new InvalidOptionError('decision', `must be one of ${DECISIONS.join(', ')}`);
  if (output !== undefined && decision !== 'done')
    throw new InvalidOptionError('output', `belongs to the decision done, not to ${decision}`);
  if (message !== undefined && !(typeof message === 'string' && message.isWellFormed()))
    throw new InvalidOptionError('message', 'must be text');
  assertMessage(message);
}

/** Throws InvalidOptionError; and TaskNotFoundError, NotHeldError or RerunRefusedError when, as the run stands, it can't be decided so. */
export function assertDecidable(state: RunState, wanted: HeldDecision): void {
  assertDecision(wanted);
  const { task, decision } = wanted;
  if (!state.workflow.tasks.some(({ id }) => id === task))
    throw new TaskNotFoundError(state.id, task);
  const found = taskState(state, task);
  if (!isHeld(found)) throw new NotHeldError(state.id, task, found.status);
  if (decision === 'rerun' && startsNothingMore(state)) throw new RerunRefusedError(state.id, task);
}

function startsNothingMore({ onFailure, tasks }: RunState): boolean {
  return onFailure !== 'continue' && [...tasks.values()].some(({ status }) => status === 'failed');
}

/**
 * The output a task is decided to have, as its record holds it; empty unless it is `done`. `keep` puts it
 * where it belongs. Rejects with NotJsonError or InvalidOutputError.
 */
export async function decidedOutput(
  { task, decision, output = null }: HeldDecision,
  keep: (outcome: Outcome) => KeptOutcome | Promise<KeptOutcome>,
): Promise<OutputFields> {
  if (decision !== 'done') return {};
  const given = assertJson(output, `the output given for task ${quote(task)}`);
  const kept = await keep({ status: 'succeeded', output: given });
  if (kept.status === 'succeeded') return outputFields(kept);
  const why = kept.status === 'failed' ? kept.error.message : kept.status;
  throw new InvalidOutputError(task, why);
}
