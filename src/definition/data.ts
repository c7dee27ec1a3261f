import type { z } from 'zod';
import { InvalidDefinitionError } from '../errors.js';
import { lazySchema, zod } from '../lazy-import.js';
import { workflowName } from './builder.js';
import { addSchemaProblems } from './check-schema.js';
import { type Duration, timeoutMs } from './duration.js';
import { assertJson, type JsonValue } from './json.js';
import { schemaFromData } from './json-schema.js';
import { commonSpec } from './options.js';
import { definitionError, Problems, pathText } from './problems.js';
import { secretInputsSpec } from './secret-inputs.js';
import { secretPathsOfJsonSchema } from './secret-schema.js';
import { addShapeProblems } from './shape-problems.js';
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
const duration = lazySchema((z) => z.union([z.number(), z.string()]) as z.ZodType<Duration>);

const taskFile = lazySchema((z) => {
  const settings = z
    .custom<{ [key: string]: JsonValue }>(isObject, 'must be an object')
    .meta({ type: 'object' });
  const retry = z.strictObject({
    initialInterval: duration().optional(),
    backoffCoefficient: z.number().optional(),
    maximumInterval: duration().optional(),
    maximumAttempts: z.number().optional(),
    nonRetryableErrors: z.array(z.string()).optional(),
    jitter: z.number().optional(),
  });

  return z.strictObject({
    id: z.string(),
    nu: settings.optional(),
    shell: settings.optional(),
    runner: z.string().optional(),
    with: settings.optional(),
    needs: z.array(z.string()).optional(),
    trigger: z.enum(TRIGGER_RULES).optional(),
    retry: retry.optional(),
    timeout: duration().optional(),
    priority: z.number().optional(),
    onInterrupted: z.enum(ON_INTERRUPTED).optional(),
    /** Told to the task's runner after a crash, to find out whether the work was done. */
    probe: settings.optional(),
    pool: z.string().optional(),
    secrets: z.array(z.string()).optional(),
    /** JSON Schema of the output. */
    output: jsonValue().optional(),
  });
});

const workflowFile = lazySchema((z) => {
  /** No z.record: that would drop an output named `__proto__`. */
  const names = z
    .custom<{ [key: string]: string }>(
      (value) => isObject(value) && Object.values(value).every((id) => typeof id === 'string'),
      'must be an object of task ids',
    )
    .meta({ type: 'object', additionalProperties: { type: 'string' } });

  return z.strictObject({
    $schema: z.string().optional(),
    name: z.string(),
    version: z.string().optional(),
    /** Parts of the input that are secret, such as "db.password"; the schema can mark them too, with "secret": true. */
    secretInputs: z.array(z.union([z.string(), z.array(z.string())])).optional(),
    onFailure: z.enum(ON_FAILURE).optional(),
    timeout: duration().optional(),
    /** JSON Schema of the input. */
    input: jsonValue().optional(),
    /** Output name → id of the task that gives it. */
    outputs: names.optional(),
    tasks: z.array(taskFile()),
  });
});
type WorkflowSchema = ReturnType<typeof workflowFile>;
type TaskFile = z.output<ReturnType<typeof taskFile>>;

/** What stands around the tasks; those are read one by one, so that each can be named by its id. */
const header = lazySchema((z) => workflowFile().extend({ tasks: z.array(jsonValue()) }));
const partialHeader = lazySchema(() => header().partial());
const partialTask = lazySchema(() => taskFile().partial());
type Header = z.output<ReturnType<typeof header>>;

/** A workflow file's content, before it is checked. */
export type WorkflowFile = z.input<WorkflowSchema>;

/**
 * Makes a workflow of plain data, e.g. of a parsed JSON file; see also parseWorkflow, which knows lines and columns.
 * It is always portable. Throws InvalidDefinitionError, which names all that is wrong and where (`details.problems` when
 * there are several), or NotJsonError.
 */
export function workflowFromData(data: unknown): Workflow<JsonValue | undefined> {
  const problems = new Problems(assertJson(data, 'the workflow'));
  const workflow = readDefinition(problems);
  const error = definitionError(problems);
  if (error !== undefined) throw error;
  return workflow as Workflow<JsonValue | undefined>;
}

/** The workflow that `problems.data` is; undefined when something is wrong with it, which is added to the problems. */
export function readDefinition(problems: Problems): Workflow<JsonValue | undefined> | undefined {
  const parsed = header().safeParse(problems.data);
  if (!parsed.success) {
    addShapeProblems(problems, [], parsed.error, () => Object.keys(header().shape));
    const rest = partialHeader().safeParse(without(problems.data, parsed.error));
    if (rest.success) readParts(rest.data, problems);
    return undefined;
  }
  const { tasks, input } = readParts(parsed.data, problems);
  const spec = workflowSpec(parsed.data, problems);
  if (spec === undefined) return undefined;
  return workflowFromSpec({ ...spec, tasks: tasks as TaskSpec[] }, input);
}

function readParts(
  { tasks = [], input, timeout }: Partial<Header>,
  problems: Problems,
): { readonly tasks: (TaskSpec | undefined)[]; readonly input: StandardSchema | undefined } {
  if (timeout !== undefined) problems.of(['timeout'], () => timeoutMs(timeout, 'timeout'));
  return {
    input: input === undefined ? undefined : readSchema(input, ['input'], problems),
    tasks: tasks.map((task, i) => readTask(task, i, problems)),
  };
}

/** All but the tasks. */
function workflowSpec(file: Header, problems: Problems): Omit<WorkflowSpec, 'tasks'> | undefined {
  const { name, version, onFailure, timeout, input, outputs, secretInputs } = file;
  const checkedName = problems.of(['name'], () => workflowName(name));
  const isSearched = input !== undefined && problems.list.length === 0; // one that is refused could have no end
  const marked = isSearched ? problems.of(['input'], () => secretPathsOfJsonSchema(input)) : [];
  const secrets = problems.of(['secretInputs'], () => secretInputsSpec(secretInputs, marked));
  if (
    checkedName === undefined ||
    marked === undefined ||
    secrets === undefined ||
    problems.list.length > 0
  )
    return undefined;
  return {
    name: checkedName,
    ...(version === undefined ? {} : { version }),
    ...secrets,
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(timeout === undefined ? {} : { timeoutMs: timeoutMs(timeout, 'timeout') }),
    ...(outputs === undefined ? {} : { outputs: Object.entries(outputs) }),
  };
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

function readTask(data: JsonValue, place: number, problems: Problems): TaskSpec | undefined {
  const at = ['tasks', place];
  const parsed = taskFile().safeParse(data);
  if (parsed.success) return taskSpec(parsed.data, at, problems);
  addShapeProblems(problems, at, parsed.error, ([key]) =>
    Object.keys(key === 'retry' ? taskFile().shape.retry.unwrap().shape : taskFile().shape),
  );
  const rest = partialTask().safeParse(without(data, parsed.error));
  if (rest.success) checkOptions(rest.data, at, problems);
  return undefined;
}

/** What is left of an object when the parts that are wrong are taken out, so that the others can be checked. */
function without(data: JsonValue, { issues }: z.ZodError): object {
  if (!isObject(data)) return {};
  const wrong = new Set(
    issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : issue.path[0],
    ),
  );
  return Object.fromEntries(Object.entries(data).filter(([key]) => !wrong.has(key)));
}

function taskSpec(
  task: TaskFile,
  at: readonly PropertyKey[],
  problems: Problems,
): TaskSpec | undefined {
  const { id, nu, shell, runner, with: custom, needs = [], probe, output, ...common } = task;
  const before = problems.list.length;
  const kinds = [nu && 'nu', shell && 'shell', runner && 'runner'].filter(
    (kind) => kind !== undefined,
  );
  if (custom !== undefined && runner === undefined)
    problems.add(at, 'has "with", which goes with "runner" only');
  else if (kinds.length !== 1)
    problems.add(
      at,
      `has ${kinds.length === 0 ? 'no kind' : kinds.join(' and ')}; give it one of nu, shell, runner`,
    );
  const options = checkOptions({ ...common, output }, at, problems);
  if (problems.list.length > before) return undefined;
  return {
    id,
    runner: nu ? 'nu' : shell ? 'shell' : String(runner),
    needs,
    with: nu ?? shell ?? custom ?? {},
    ...options,
    ...(probe === undefined ? {} : { probe: { with: probe } }),
    ...(output === undefined ? {} : { output }),
  };
}

/** What is common to tasks of all kinds, each option by itself, so that all that are wrong are found. */
function checkOptions(
  { output, ...options }: Partial<TaskFile>,
  at: readonly PropertyKey[],
  problems: Problems,
): ReturnType<typeof commonSpec> {
  const checked = Object.entries(options).map(([key, value]) =>
    problems.of([...at, key], () => commonSpec({ [key]: value }, pathText(at, problems.data))),
  );
  if (output !== undefined) readSchema(output, [...at, 'output'], problems);
  return Object.assign({}, ...checked);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A schema somebody wrote: what it can't mean is refused, and what it would say in vain. */
function readSchema(
  data: JsonValue,
  path: readonly PropertyKey[],
  problems: Problems,
): StandardSchema | undefined {
  const before = problems.list.length;
  addSchemaProblems(data, path, problems);
  if (problems.list.length > before) return undefined;
  return problems.of(path, () => parseSchema(data, pathText(path, problems.data)));
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

/** JSON Schema of workflow files, for editors. */
export function workflowJsonSchema(): JsonValue {
  return JSON.parse(
    JSON.stringify(zod().toJSONSchema(workflowFile(), { io: 'input', unrepresentable: 'any' })),
  ) as JsonValue;
}
