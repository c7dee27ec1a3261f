import { InvalidDefinitionError } from '../errors.js';
import type {
  CustomOptions,
  FunctionOptions,
  Needs,
  NushellOptions,
  ShellOptions,
  TaskBuilder,
  TaskRef,
} from './builder-types.js';
import { type Duration, durationMs } from './duration.js';
import { functionsHash, schemaAsData } from './fingerprint.js';
import { assertJson, type JsonValue } from './json.js';
import { type CommonTaskOptions, commonSpec, oneOf } from './options.js';
import { secretInputsSpec } from './secret-inputs.js';
import { secretPathsOfSchema } from './secret-schema.js';
import { ON_FAILURE, type OnFailure, type TaskSpec, type TriggerRule } from './spec.js';
import type { InferInput, InferOutput, StandardSchema } from './standard-schema.js';
import { makeWorkflow, type TaskCode, type TaskContext, type Workflow } from './workflow.js';

/** What {@link defineWorkflow} takes. */
export interface WorkflowOptions<
  S extends StandardSchema,
  R extends Readonly<Record<string, TaskRef>>,
> {
  /** Schema of a run's input, any Standard Schema; what it gives must be JSON. Default: any JSON. */
  readonly input?: S | undefined;
  /**
   * Parts of the input that are secret, such as `'token'`, `'db.password'`, `'servers.*.key'`: all texts there are
   * kept in memory only, redacted wherever they turn up, and have to be given again on resume. A
   * zod schema can say it too: `z.string().meta({ secret: true })`.
   */
  readonly secretInputs?: readonly (string | readonly string[])[] | undefined;
  /**
   * Stands for the functions of this workflow when definitions are compared on resume. Without it
   * their source text does, which also changes when a build changes it.
   */
  readonly version?: string | undefined;
  /** What a run does when a task has failed for good; default `continue`. */
  readonly onFailure?: OnFailure | undefined;
  /** Longest time of a whole run; default none. */
  readonly timeout?: Duration | undefined;
  /** Adds the tasks; what it returns names the run's outputs. */
  readonly tasks: (t: TaskBuilder<InferOutput<S>>) => R;
}

type OutputsFrom<R> = {
  readonly [K in keyof R]: R[K] extends TaskRef<infer O> ? O | undefined : never;
};

/**
 * Defines a workflow: its data, and the functions beside it.
 *
 * The graph itself (ids, needs, cycles) is checked when a run starts, before anything runs.
 * Throws InvalidDefinitionError or NotJsonError for options that can't be.
 */
export function defineWorkflow<
  S extends StandardSchema = StandardSchema<JsonValue | undefined, JsonValue>,
  R extends Readonly<Record<string, TaskRef>> = Readonly<Record<string, TaskRef>>,
>(name: string, options: WorkflowOptions<S, R>): Workflow<InferInput<S>, OutputsFrom<R>> {
  const collector = new TaskCollector(options.version);
  const outputs = options.tasks(collector.builder<InferOutput<S>>());
  const spec = {
    name: workflowName(name),
    ...(options.version === undefined ? {} : { version: options.version }),
    ...secretInputsSpec(options.secretInputs, secretPathsOfSchema(options.input)),
    ...(options.onFailure === undefined
      ? {}
      : { onFailure: oneOf(ON_FAILURE, options.onFailure, 'onFailure') }),
    ...(options.timeout === undefined ? {} : { timeoutMs: durationMs(options.timeout, 'timeout') }),
    outputs: Object.entries(outputs).map(([key, ref]) => [key, ref.id] as const),
    tasks: collector.specs,
  };
  return makeWorkflow(spec, { input: options.input, tasks: collector.code });
}

/** A workflow's name, when it is one: 1 to 200 characters. */
export function workflowName(name: string): string {
  if (typeof name === 'string' && name.length > 0 && name.length <= 200) return name;
  throw new InvalidDefinitionError('name', 'a workflow needs a name of 1 to 200 characters');
}

type Fields = Readonly<Record<string, unknown>>;
type AnyOptions = CommonTaskOptions & {
  readonly needs?: Needs | undefined;
  readonly output?: StandardSchema | undefined;
};

const NOTHING = Object.freeze({});
const NO_NEEDS: readonly string[] = Object.freeze([]);

/** Turns builder calls into task data and task code. */
class TaskCollector {
  readonly specs: TaskSpec[] = [];
  readonly code = new Map<string, TaskCode>();
  readonly #version: string | undefined;

  constructor(version: string | undefined) {
    this.#version = version;
  }

  /** The `t` that the workflow's author sees. */
  builder<Input>(): TaskBuilder<Input> {
    return {
      nu: <N extends Needs, S, Rule extends TriggerRule, Names extends string>(
        id: string,
        options: NushellOptions<Input, N, S, Rule, Names>,
      ) => this.#add(id, 'nu', options, nushellFields(options)),
      shell: <N extends Needs, S, Rule extends TriggerRule, Names extends string>(
        id: string,
        options: ShellOptions<Input, N, S, Rule, Names>,
      ) => {
        const { command, args, stdin, env, cwd } = options;
        return this.#add(id, 'shell', options, { command, args, stdin, env, cwd });
      },
      fn: <R, N extends Needs, S, Rule extends TriggerRule, Names extends string>(
        id: string,
        options: FunctionOptions<Input, N, S, Rule, R, Names>,
      ) => this.#add(id, 'fn', options, NOTHING, options.run as TaskCode['run']),
      task: <N extends Needs, S, Rule extends TriggerRule, Names extends string>(
        id: string,
        options: CustomOptions<Input, N, S, Rule, Names>,
      ) => this.#add(id, options.runner, options, options.with ?? NOTHING),
    };
  }

  #add(
    id: string,
    runner: string,
    options: object,
    fields: Fields,
    run?: TaskCode['run'],
  ): TaskRef<never> {
    const path = `tasks.${id}`;
    const { needs, output, ...common } = options as AnyOptions;
    const { data, functions } = splitFields(fields, path);
    const schema = output === undefined ? undefined : schemaAsData(output);
    const aliases = aliasesOf(needs);
    const hash = functionsHash({
      version: this.#version,
      functions: [...functions, ...(run ? [['run', run] as const] : [])],
      opaqueSchema: output !== undefined && schema === undefined,
      aliases,
    });
    this.specs.push({
      id,
      runner,
      needs: needIds(needs),
      with: data,
      ...commonSpec(common, path),
      ...(schema === undefined ? {} : { output: schema }),
      ...(hash === undefined ? {} : { functions: hash }),
    });
    if (functions.size > 0 || run !== undefined || output !== undefined) {
      const computed = functions.size === 0 ? undefined : functions;
      this.code.set(id, { fields: computed, run, output, aliases });
    }
    return { id };
  }
}

type FieldFunctions = ReadonlyMap<string, (context: TaskContext) => unknown>;
const NO_FUNCTIONS: FieldFunctions = new Map();

/** Data as it is, functions replaced by `{ $function: field }` and kept aside. */
function splitFields(
  fields: Fields,
  path: string,
): { data: { [key: string]: JsonValue }; functions: FieldFunctions } {
  if (fields === NOTHING) return { data: NOTHING, functions: NO_FUNCTIONS };
  const data: [string, JsonValue][] = [];
  const functions = new Map<string, (context: TaskContext) => unknown>();
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (typeof value === 'function')
      functions.set(field, value as (context: TaskContext) => unknown);
    data.push([
      field,
      typeof value === 'function' ? { $function: field } : assertJson(value, `${path}.${field}`),
    ]);
  }
  return { data: Object.fromEntries(data), functions };
}

function needIds(needs: Needs | undefined): readonly string[] {
  if (needs === undefined) return NO_NEEDS;
  const refs: readonly (TaskRef | string)[] = Array.isArray(needs) ? needs : Object.values(needs);
  return refs.map((ref) => (typeof ref === 'string' ? ref : ref.id));
}

/** Names under which functions see needed tasks, when they have names. */
function aliasesOf(needs: Needs | undefined): TaskCode['aliases'] {
  if (needs === undefined || Array.isArray(needs)) return undefined;
  return Object.entries(needs).map(([name, ref]) => [name, (ref as TaskRef).id] as const);
}

function nushellFields<Input, N extends Needs, S, Rule extends TriggerRule, Names extends string>(
  options: NushellOptions<Input, N, S, Rule, Names>,
): Fields {
  const { env, cwd, includePaths, stdlib } = options;
  const common = { env, cwd, includePaths, stdlib };
  if (options.code !== undefined) return { code: options.code, input: options.input, ...common };
  if (options.script !== undefined)
    return { script: options.script, args: options.args, ...common };
  const { use, call, args, flags, input } = options;
  return { use, call, args, flags, input, ...common };
}
