import type { z } from 'zod';
import { InvalidDefinitionError } from '../errors.js';
import { lateSchema, zod } from '../late.js';
import { workflowName } from './builder.js';
import { type Duration, durationMs } from './duration.js';
import { assertJson, type JsonValue } from './json.js';
import { schemaFromData } from './json-schema.js';
import { commonSpec } from './options.js';
import { secretInputsSpec } from './secret-inputs.js';
import { secretPathsOfJsonSchema } from './secret-schema.js';
import {
  jsonValue,
  ON_FAILURE,
  ON_INTERRUPTED,
  type TaskSpec,
  TRIGGER_RULES,
  type WorkflowSpec,
} from './spec.js';
import type { StandardSchema } from './standard-schema.js';
import { makeWorkflow, type TaskCode, type Workflow } from './workflow.js';

/**
 * A workflow as people write it in a JSON or YAML file. Each task names its kind by one key:
 *
 *   { "name": "report", "tasks": [
 *     { "id": "list",  "shell": { "command": "ls", "args": ["-l"] } },
 *     { "id": "count", "needs": ["list"], "nu": { "code": "$input | lines | length",
 *       "input": { "$output": "list.stdout" } }, "timeout": "1m", "retry": { "maximumAttempts": 3 } } ] }
 */
const workflowFile = lateSchema((z) => {
  const duration = z.union([z.number(), z.string()]) as z.ZodType<Duration>;
  const settings = z
    .custom<{ [key: string]: JsonValue }>(isObject, 'must be an object')
    .meta({ type: 'object' });
  /** No z.record: that would drop an output named `__proto__`. */
  const names = z
    .custom<{ [key: string]: string }>(
      (value) => isObject(value) && Object.values(value).every((id) => typeof id === 'string'),
      'must be an object of task ids',
    )
    .meta({ type: 'object', additionalProperties: { type: 'string' } });

  const retry = z.strictObject({
    initialInterval: duration.optional(),
    backoffCoefficient: z.number().optional(),
    maximumInterval: duration.optional(),
    maximumAttempts: z.number().optional(),
    nonRetryableErrors: z.array(z.string()).optional(),
    jitter: z.number().optional(),
  });

  const taskFile = z.strictObject({
    id: z.string(),
    nu: settings.optional(),
    shell: settings.optional(),
    runner: z.string().optional(),
    with: settings.optional(),
    needs: z.array(z.string()).optional(),
    trigger: z.enum(TRIGGER_RULES).optional(),
    retry: retry.optional(),
    timeout: duration.optional(),
    priority: z.number().optional(),
    onInterrupted: z.enum(ON_INTERRUPTED).optional(),
    /** Told to the task's runner after a crash, to find out whether the work was done. */
    probe: settings.optional(),
    pool: z.string().optional(),
    secrets: z.array(z.string()).optional(),
    /** JSON Schema. */
    output: jsonValue().optional(),
  });

  return z.strictObject({
    $schema: z.string().optional(),
    name: z.string(),
    version: z.string().optional(),
    /** Parts of the input that are secret, such as "db.password"; the schema can mark them too, with "secret": true. */
    secretInputs: z.array(z.union([z.string(), z.array(z.string())])).optional(),
    onFailure: z.enum(ON_FAILURE).optional(),
    timeout: duration.optional(),
    /** JSON Schema of the input. */
    input: jsonValue().optional(),
    /** Output name → id of the task that gives it. */
    outputs: names.optional(),
    tasks: z.array(taskFile),
  });
});
type WorkflowSchema = ReturnType<typeof workflowFile>;

/** A workflow file's content, before it is checked. */
export type WorkflowFile = z.input<WorkflowSchema>;

/**
 * Makes a workflow of plain data, e.g. of a parsed JSON or YAML file. It is always portable.
 * Throws InvalidDefinitionError (naming the place) or NotJsonError.
 */
export function workflowFromData(data: unknown): Workflow<JsonValue | undefined> {
  const parsed = workflowFile().safeParse(assertJson(data, 'the workflow'));
  if (!parsed.success) throw firstIssue(parsed.error);
  const { name, version, onFailure, timeout, input, outputs, tasks, secretInputs } = parsed.data;
  const spec: WorkflowSpec = {
    name: workflowName(name),
    ...(version === undefined ? {} : { version }),
    ...secretInputsSpec(secretInputs, input === undefined ? [] : secretPathsOfJsonSchema(input)),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(timeout === undefined ? {} : { timeoutMs: durationMs(timeout, 'timeout') }),
    ...(outputs === undefined ? {} : { outputs: Object.entries(outputs) }),
    tasks: tasks.map(taskSpec),
  };
  return workflowFromSpec(spec, input === undefined ? undefined : parseSchema(input, 'input'));
}

/** The workflow that journaled data stands for; its schemas are rebuilt from the data. */
export function workflowFromSpec(
  spec: WorkflowSpec,
  input?: StandardSchema,
): Workflow<JsonValue | undefined> {
  const code = new Map<string, TaskCode>();
  for (const task of spec.tasks) {
    if (task.output !== undefined)
      code.set(task.id, { output: parseSchema(task.output, `tasks.${task.id}.output`) });
  }
  return makeWorkflow(spec, { input, tasks: code });
}

function taskSpec(task: z.output<WorkflowSchema>['tasks'][number]): TaskSpec {
  const path = `tasks.${task.id}`;
  const { id, nu, shell, runner, with: custom, needs = [], probe, output, ...common } = task;
  const kinds = [nu && 'nu', shell && 'shell', runner && 'runner'].filter(
    (kind) => kind !== undefined,
  );
  if (custom !== undefined && runner === undefined)
    throw new InvalidDefinitionError(path, 'has "with", which goes with "runner" only');
  if (kinds.length !== 1) {
    throw new InvalidDefinitionError(
      path,
      `has ${kinds.length === 0 ? 'no kind' : kinds.join(' and ')}; give it one of nu, shell, runner`,
    );
  }
  return {
    id,
    runner: nu ? 'nu' : shell ? 'shell' : String(runner),
    needs,
    with: nu ?? shell ?? custom ?? {},
    ...commonSpec(common, path),
    ...(probe === undefined ? {} : { probe: { with: probe } }),
    ...(output === undefined ? {} : { output }),
  };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseSchema(data: JsonValue, path: string): StandardSchema {
  try {
    return schemaFromData(data);
  } catch (error) {
    throw new InvalidDefinitionError(
      path,
      `is not a JSON Schema that can be used: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function firstIssue(error: z.ZodError): InvalidDefinitionError {
  const [issue] = error.issues;
  return new InvalidDefinitionError(
    issue?.path.join('.') || 'workflow',
    issue?.message ?? 'is not a workflow',
  );
}

/** JSON Schema of workflow files, for editors. */
export function workflowJsonSchema(): JsonValue {
  return JSON.parse(
    JSON.stringify(zod().toJSONSchema(workflowFile(), { io: 'input', unrepresentable: 'any' })),
  ) as JsonValue;
}
