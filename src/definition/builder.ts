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
import { assertTaskOptions, assertWorkflowOptions, outputsSpec } from './check-options.js';
import { type Duration, timeoutMs } from './duration.js';
import { functionsHash, schemaAsData } from './fingerprint.js';
import type { JsonValue } from './json.js';
import { type CommonTaskOptions, commonSpec, oneOf } from './options.js';
import { secretInputsSpec } from './secret-inputs.js';
import { secretPathsOfSchema } from './secret-schema.js';
import { ON_FAILURE, type OnFailure, type TaskSpec, type TriggerRule } from './spec.js';
import type { InferInput, InferOutput, StandardSchema } from './standard-schema.js';
import { makeWorkflow, type TaskCode, type WorkCode, type Workflow } from './workflow.js';
import {
  type FunctionWork,
  fieldsWork,
  NOTHING,
  namedFunctions,
  nushellFields,
  shellFields,
  splitWork,
  type Works,
} from './works.js';

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
  assertWorkflowOptions(options);
  const collector = new TaskCollector(options.version);
  const outputs: unknown = options.tasks(collector.builder<InferOutput<S>>());
  const spec = {
    name: workflowName(name),
    ...(options.version === undefined ? {} : { version: options.version }),
    ...secretInputsSpec(options.secretInputs, secretPathsOfSchema(options.input)),
    ...(options.onFailure === undefined
      ? {}
      : { onFailure: oneOf(ON_FAILURE, options.onFailure, 'onFailure') }),
    ...(options.timeout === undefined ? {} : { timeoutMs: timeoutMs(options.timeout, 'timeout') }),
    outputs: outputsSpec(outputs),
    tasks: collector.specs,
  };
  return makeWorkflow(spec, { input: options.input, tasks: collector.code });
}

/** A workflow's name, when it is one: 1 to 200 characters. */
export function workflowName(name: string): string {
  if (typeof name === 'string' && name.length > 0 && name.length <= 200) return name;
  throw new InvalidDefinitionError('name', 'a workflow needs a name of 1 to 200 characters');
}

type AnyOptions = CommonTaskOptions & {
  readonly needs?: Needs | undefined;
  readonly output?: StandardSchema | undefined;
};

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
      ) => {
        assertTaskOptions(id, 'nu', options);
        return this.#add(id, 'nu', options, fieldsWork(options, nushellFields));
      },
      shell: <N extends Needs, S, Rule extends TriggerRule, Names extends string>(
        id: string,
        options: ShellOptions<Input, N, S, Rule, Names>,
      ) => {
        assertTaskOptions(id, 'shell', options);
        return this.#add(id, 'shell', options, fieldsWork(options, shellFields));
      },
      fn: <R, N extends Needs, S, Rule extends TriggerRule, Names extends string>(
        id: string,
        options: FunctionOptions<Input, N, S, Rule, R, Names>,
      ) => {
        assertTaskOptions(id, 'fn', options);
        const { run, probe } = options as FunctionWork;
        const asked = probe === undefined ? undefined : { fields: NOTHING, run: probe };
        return this.#add(id, 'fn', options, { task: { fields: NOTHING, run }, probe: asked });
      },
      task: <N extends Needs, S, Rule extends TriggerRule, Names extends string>(
        id: string,
        options: CustomOptions<Input, N, S, Rule, Names>,
      ) => {
        assertTaskOptions(id, 'task', options);
        const { runner, with: fields = NOTHING, probe } = options;
        const asked = probe === undefined ? undefined : { fields: probe };
        return this.#add(id, runner, options, { task: { fields }, probe: asked });
      },
    };
  }

  #add(id: string, runner: string, given: object, works: Works): TaskRef<never> {
    const path = `tasks.${id}`;
    const { needs, output, ...common } = given as AnyOptions;
    const task = splitWork(works.task, path);
    const probe = works.probe === undefined ? undefined : splitWork(works.probe, `${path}.probe`);
    const schema = output === undefined ? undefined : schemaAsData(output);
    const aliases = aliasesOf(needs);
    const hash = functionsHash({
      version: this.#version,
      functions: [
        ...namedFunctions(task.code, 'run', ''),
        ...namedFunctions(probe?.code, 'probe', 'probe.'),
      ],
      opaqueSchema: output !== undefined && schema === undefined,
      aliases,
    });
    const options = {
      ...commonSpec(common, path),
      ...(probe === undefined ? {} : { probe: { with: probe.data } }),
      ...(schema === undefined ? {} : { output: schema }),
    };
    this.specs.push(
      taskSpec({ id, runner, needs: needIds(needs), with: task.data }, options, hash),
    );
    if (hash !== undefined || output !== undefined)
      this.code.set(id, taskCode(task.code, probe?.code, output, aliases));
    return { id };
  }
}

type Essentials = Pick<TaskSpec, 'id' | 'runner' | 'needs' | 'with'>;

/** There may be a million, and most have no options: those are one literal, which takes least memory. */
function taskSpec(
  task: Essentials,
  options: Partial<TaskSpec>,
  hash: string | undefined,
): TaskSpec {
  const { id, runner, needs, with: data } = task;
  for (const _ in options)
    return { ...task, ...options, ...(hash === undefined ? {} : { functions: hash }) };
  return hash === undefined ? task : { id, runner, needs, with: data, functions: hash };
}

/** Likewise. */
function taskCode(
  { fields, run }: WorkCode,
  probe: WorkCode | undefined,
  output: StandardSchema | undefined,
  aliases: TaskCode['aliases'],
): TaskCode {
  const isPlain = [fields, probe, output, aliases].every((part) => part === undefined);
  if (isPlain) return { run };
  return { fields, run, probe, output, aliases };
}

function needIds(needs: Needs | undefined): readonly string[] {
  if (needs === undefined) return NO_NEEDS;
  const refs: readonly (TaskRef | string)[] = Array.isArray(needs) ? needs : Object.values(needs);
  return refs.map((ref) => (typeof ref === 'string' ? ref : ref.id));
}

/** Names under which functions see needed tasks, when they have names. */
function aliasesOf(needs: Needs | undefined): TaskCode['aliases'] {
  if (needs === undefined || Array.isArray(needs)) return undefined;
  return Object.entries(needs as Readonly<Record<string, TaskRef | string>>).map(
    ([name, ref]) => [name, typeof ref === 'string' ? ref : ref.id] as const,
  );
}
