import { assertJson, type JsonValue } from '../definition/json.js';
import { type HiddenInput, hideInput, type SecretPath } from '../definition/secret-inputs.js';
import {
  issuePath,
  type SchemaIssue,
  type SchemaResult,
  type StandardSchema,
} from '../definition/standard-schema.js';
import type { Workflow } from '../definition/workflow.js';
import { validate } from '../engine/attempt/limited-validation.js';
import { assertRecordable } from '../engine/commit/recordable.js';
import { InvalidInputError, quote } from '../errors.js';
import { Redactor } from '../secrets/redactor.js';

/**
 * The input as the workflow's schema gives it, as JSON, its secret parts taken out; without a schema any
 * JSON, undefined counting as null. Throws InvalidInputError, NotJsonError, TooBigError.
 */
export async function validateInput(workflow: Workflow, input: unknown): Promise<HiddenInput> {
  const paths = workflow.spec.secretInputs ?? [];
  const value = await validated(workflow, input, paths);
  assertRecordable(value, `The input of workflow ${quote(workflow.name)}`);
  const hidden = hideInput(value, paths);
  if (hidden.problems.length === 0) return hidden;
  throw new InvalidInputError(workflow.name, hidden.problems);
}

async function validated(
  workflow: Workflow,
  input: unknown,
  paths: readonly SecretPath[],
): Promise<JsonValue> {
  const schema = workflow.code.input;
  const what = `the input of workflow ${quote(workflow.name)}`;
  if (schema === undefined) return assertJson(input ?? null, what);
  const result = await checked(workflow, schema, input);
  if (result.issues === undefined) return assertJson(result.value ?? null, what);
  throw new InvalidInputError(
    workflow.name,
    result.issues.map((issue) => ({
      path: issuePath(issue),
      message: withoutSecrets(issue, input, paths),
    })),
  );
}

/** A schema walks through its value without a bound of its own. */
async function checked(
  { name }: Workflow,
  schema: StandardSchema,
  input: unknown,
): Promise<SchemaResult<unknown>> {
  try {
    return await validate(schema, input);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidInputError(name, [{ path: '(value)', message: 'is nested too deep' }]);
  }
}

/** What a schema says may quote what it was given. */
function withoutSecrets(
  { message }: SchemaIssue,
  input: unknown,
  paths: readonly SecretPath[],
): string {
  if (paths.length === 0) return message;
  try {
    const { values } = hideInput(assertJson(input ?? null, 'the input'), paths);
    return new Redactor(Object.entries(values).map(([name, value]) => ({ name, value }))).text(
      message,
    );
  } catch {
    return 'is not valid';
  }
}
