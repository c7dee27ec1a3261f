import { assertJson, type JsonValue } from '../definition/json.js';
import { type HiddenInput, hideInput, type SecretPath } from '../definition/secret-inputs.js';
import { issuePath, type SchemaIssue } from '../definition/standard-schema.js';
import type { Workflow } from '../definition/workflow.js';
import { InvalidInputError, quote } from '../errors.js';
import { Redactor } from '../secrets/redactor.js';

/**
 * The input as the workflow's schema gives it, as JSON, its secret parts taken out; without a schema any
 * JSON, undefined counting as null. Throws InvalidInputError, NotJsonError.
 */
export async function acceptInput(workflow: Workflow, input: unknown): Promise<HiddenInput> {
  const paths = workflow.spec.secretInputs ?? [];
  const hidden = hideInput(await validated(workflow, input, paths), paths);
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
  const result = await schema['~standard'].validate(input);
  if (result.issues === undefined) return assertJson(result.value ?? null, what);
  throw new InvalidInputError(
    workflow.name,
    result.issues.map((issue) => ({
      path: issuePath(issue),
      message: withoutSecrets(issue, input, paths),
    })),
  );
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
