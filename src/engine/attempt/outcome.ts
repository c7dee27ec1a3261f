import { assertJson, type JsonValue } from '../../definition/json.js';
import { issuePath, type StandardSchema } from '../../definition/standard-schema.js';
import type { TaskCode } from '../../definition/workflow.js';
import { type TaskError, taskErrorSchema } from '../../journal/records/record.js';
import { thrownAsData } from '../../runners/function/thrown.js';
import type { Outcome } from '../../runners/runner.js';
import { validate } from './limited-validation.js';

/** Something thrown where an outcome was due. */
export function failedBy(thrown: unknown): Outcome {
  return { status: 'failed', error: thrownAsData(thrown) };
}

/**
 * What a runner gave as its outcome, when it is one; a failure that says so otherwise. Runners may be the
 * user's own, and what is journaled must be readable again. Never throws.
 */
export function outcomeFrom(given: unknown): Outcome {
  try {
    return checkedOutcome(given);
  } catch (error) {
    return failedBy(error);
  }
}

function checkedOutcome(given: unknown): Outcome {
  const { status, output, error, mayStillBeRunning } = (given ?? {}) as {
    readonly status?: unknown;
    readonly output?: unknown;
    readonly error?: unknown;
    readonly mayStillBeRunning?: unknown;
  };
  switch (status) {
    case 'succeeded':
      return { status, output: assertJson(output ?? null, 'the output') };
    case 'failed':
    case 'notBegun':
      return { status, error: errorFrom(error) };
    case 'interrupted':
      return {
        status,
        ...(error === undefined ? {} : { error: errorFrom(error) }),
        ...(mayStillBeRunning === true ? { mayStillBeRunning } : {}),
      };
    default:
      return failed('NUFLOW_RUNNER', 'The runner gave something else than an outcome.');
  }
}

function errorFrom(given: unknown): TaskError {
  const parsed = taskErrorSchema().safeParse(given);
  return parsed.success ? parsed.data : thrownAsData(given);
}

/** The outcome after the task's output schema had its say; at once when there is none. */
export function checkOutput(
  outcome: Outcome,
  code: TaskCode | undefined,
): Outcome | Promise<Outcome> {
  if (outcome.status !== 'succeeded' || code?.output === undefined) return outcome;
  return validated(outcome.output, code.output);
}

async function validated(output: JsonValue, schema: StandardSchema): Promise<Outcome> {
  try {
    const result = await validate(schema, output);
    if (result.issues === undefined)
      return { status: 'succeeded', output: assertJson(result.value, 'the output') };
    const list = result.issues.map((issue) => `${issuePath(issue)}: ${issue.message}`).join('; ');
    return failed('NUFLOW_OUTPUT_INVALID', `The output does not pass the task's schema: ${list}.`);
  } catch (error) {
    return failedBy(error);
  }
}

function failed(code: string, message: string): Outcome {
  return { status: 'failed', error: { code, message } };
}
