import type { JsonValue } from './json.js';
import type { CommonTaskOptions } from './options.js';
import type { Reference } from './references.js';
import type { TriggerRule } from './spec.js';
import type { InferOutput, StandardSchema } from './standard-schema.js';
import type { CallContext, TaskContext } from './workflow.js';

declare const output: unique symbol;

/** A task of a workflow being defined, for use in `needs` of later ones. `Output` is what its output is typed as. */
export interface TaskRef<out Output = unknown> {
  readonly id: string;
  readonly [output]?: Output;
}

/** Needed tasks by the names callbacks see them under, or just a list for their order. */
export type Needs = Readonly<Record<string, TaskRef>> | readonly (TaskRef | string)[];

/** Under these rules every needed task has succeeded, so its output is there. */
type Complete = 'all_success';

/** What callbacks see as `needs`: outputs by name, possibly undefined where the trigger rule lets a task start without them. */
export type NeedsOutputs<N extends Needs, Rule extends TriggerRule> = N extends readonly unknown[]
  ? Readonly<Record<never, never>>
  : {
      readonly [K in keyof N]: N[K] extends TaskRef<infer O>
        ? Rule extends Complete
          ? O
          : O | undefined
        : never;
    };

/**
 * A value, or a function of the run's input, the needed outputs and the listed secrets that gives it when the
 * task starts. Parts of the value may be references; what a function gives is taken as it is.
 */
export type Computed<T, Input, N extends Needs, Rule extends TriggerRule, Names extends string> =
  | Referring<T>
  | ((context: TaskContext<Input, NeedsOutputs<N, Rule>, Names>) => T);

/** Text, or texts, any of which may be a reference instead. */
export type Referring<T> = T extends string
  ? T | Reference
  : T extends readonly string[]
    ? readonly (string | Reference)[]
    : T extends Readonly<Record<string, string>>
      ? Readonly<Record<string, string | Reference>>
      : T;

interface Base<N extends Needs, S, Rule extends TriggerRule, Names extends string>
  extends CommonTaskOptions {
  readonly secrets?: readonly Names[] | undefined;
  /** Tasks that come first. */
  readonly needs?: N | undefined;
  readonly trigger?: Rule | undefined;
  /** Schema of the output, any Standard Schema; the output is what it gives, and must be JSON. */
  readonly output?: S | undefined;
}

/** Output type of a task with this schema; without one it is just JSON. */
export type SchemaOutput<S> = S extends StandardSchema ? InferOutput<S> : JsonValue;

/** JSON as definitions may write it: readonly or not, and with interfaces. Checked when it is there. */
export type JsonInput = unknown;

/**
 * Any JSON, or a function that gives it. Not `Computed<unknown, …>`: `unknown` would swallow the function
 * beside it, whose parameters then had no types.
 */
export type ComputedJson<Input, N extends Needs, Rule extends TriggerRule, Names extends string> =
  | string
  | number
  | boolean
  | null
  | object
  | ((context: TaskContext<Input, NeedsOutputs<N, Rule>, Names>) => JsonInput);

/** Where and how a Nushell process runs. */
interface NushellPlace<Input, N extends Needs, Rule extends TriggerRule, Names extends string> {
  /** Environment of the process, beside the allow-listed part of this process's. */
  readonly env?: Computed<Readonly<Record<string, string>>, Input, N, Rule, Names> | undefined;
  /** Working folder, relative to the orchestrator's `baseDir`; default that folder. */
  readonly cwd?: string | undefined;
  /** Folders where `use` and `source` look, before the orchestrator's. */
  readonly includePaths?: readonly string[] | undefined;
  /** Load the standard library (`use std …`): 6 ms more a start. Default false. */
  readonly stdlib?: boolean | undefined;
}

interface CallFields<Input, N extends Needs, Rule extends TriggerRule, Names extends string>
  extends NushellPlace<Input, N, Rule, Names> {
  readonly use: string;
  readonly call: string;
  readonly args?: Computed<readonly JsonInput[], Input, N, Rule, Names> | undefined;
  /** By flag name; null and undefined leave the flag's default alone. */
  readonly flags?: Computed<Readonly<Record<string, JsonInput>>, Input, N, Rule, Names> | undefined;
  /** Piped into the command. */
  readonly input?: ComputedJson<Input, N, Rule, Names> | undefined;
  readonly code?: undefined;
  readonly script?: undefined;
}

interface CodeFields<Input, N extends Needs, Rule extends TriggerRule, Names extends string>
  extends NushellPlace<Input, N, Rule, Names> {
  readonly code: string;
  readonly input?: ComputedJson<Input, N, Rule, Names> | undefined;
  readonly use?: undefined;
  readonly script?: undefined;
}

interface ScriptFields<Input, N extends Needs, Rule extends TriggerRule, Names extends string>
  extends NushellPlace<Input, N, Rule, Names> {
  readonly script: string;
  readonly args?: Computed<readonly string[], Input, N, Rule, Names> | undefined;
  readonly use?: undefined;
  readonly code?: undefined;
}

/** What one Nushell process is told. */
export type NushellFields<
  Input,
  N extends Needs,
  Rule extends TriggerRule,
  Names extends string = string,
> =
  | CallFields<Input, N, Rule, Names>
  | CodeFields<Input, N, Rule, Names>
  | ScriptFields<Input, N, Rule, Names>;

interface NushellBase<Input, N extends Needs, S, Rule extends TriggerRule, Names extends string>
  extends Base<N, S, Rule, Names> {
  /**
   * Asked after a crash when the attempt left no outcome: a command, or code, that gives the task's
   * output if its work was done after all, and null if not; when it fails the task is held. It inherits
   * nothing from the task but its key (NUFLOW_TASK_KEY); `timeout`, or 60 s, bounds it.
   */
  readonly probe?:
    | CallFields<Input, N, Rule, Names>
    | CodeFields<Input, N, Rule, Names>
    | undefined;
}

/** A command of a module: `use <use> *; <call> …args --flags`. */
export type NushellCall<
  Input,
  N extends Needs,
  S,
  Rule extends TriggerRule,
  Names extends string,
> = NushellBase<Input, N, S, Rule, Names> & CallFields<Input, N, Rule, Names>;

/** Nushell code; `$input` holds the input, the last value is the output. */
export type NushellCode<
  Input,
  N extends Needs,
  S,
  Rule extends TriggerRule,
  Names extends string,
> = NushellBase<Input, N, S, Rule, Names> & CodeFields<Input, N, Rule, Names>;

/** A plain script; its exit code decides, its output is null. */
export type NushellScript<
  Input,
  N extends Needs,
  S,
  Rule extends TriggerRule,
  Names extends string,
> = NushellBase<Input, N, S, Rule, Names> & ScriptFields<Input, N, Rule, Names>;

export type NushellOptions<
  Input,
  N extends Needs,
  S,
  Rule extends TriggerRule,
  Names extends string = string,
> =
  | NushellCall<Input, N, S, Rule, Names>
  | NushellCode<Input, N, S, Rule, Names>
  | NushellScript<Input, N, S, Rule, Names>;

/** What one program is told. */
export interface ShellFields<
  Input,
  N extends Needs,
  Rule extends TriggerRule,
  Names extends string = string,
> {
  readonly command: string;
  readonly args?: Computed<readonly string[], Input, N, Rule, Names> | undefined;
  /** Text for its standard input; default empty. */
  readonly stdin?: Computed<string, Input, N, Rule, Names> | undefined;
  readonly env?: Computed<Readonly<Record<string, string>>, Input, N, Rule, Names> | undefined;
  readonly cwd?: string | undefined;
}

/** A program and its arguments; no shell reads them. */
export interface ShellOptions<
  Input,
  N extends Needs,
  S,
  Rule extends TriggerRule,
  Names extends string = string,
> extends Base<N, S, Rule, Names>,
    ShellFields<Input, N, Rule, Names> {
  /**
   * Asked after a crash when the attempt left no outcome. Exit code 0 with something printed to stdout: the work was
   * done, and this is the output, in the form the task's own has. Exit code 0 with nothing printed (but white
   * space): nothing was done. Any other end can't tell, and the task is held. `timeout`, or 60 s, bounds it.
   */
  readonly probe?: ShellFields<Input, N, Rule, Names> | undefined;
}

/** A function of this process. What it returns must be JSON; undefined counts as null. */
export interface FunctionOptions<
  Input,
  N extends Needs,
  S,
  Rule extends TriggerRule,
  R,
  Names extends string = string,
> extends Base<N, S, Rule, Names> {
  readonly run: (
    context: TaskContext<Input, NeedsOutputs<N, Rule>, Names> & CallContext,
  ) => R | Promise<R>;
  /**
   * Asked after a crash when the attempt left no outcome: gives the task's output if its work was done
   * after all, and null or undefined if not; when it throws the task is held. `timeout`, or 60 s, bounds it.
   */
  readonly probe?:
    | ((
        context: TaskContext<Input, NeedsOutputs<N, Rule>, Names> & CallContext,
      ) => Probed<NoInfer<R>> | Promise<Probed<NoInfer<R>>>)
    | undefined;
}

/** A function's answer to whether the work was done: the output, or nothing. */
type Probed<R> = R | null | undefined;

type ComputedFields<
  Input,
  N extends Needs,
  Rule extends TriggerRule,
  Names extends string,
> = Readonly<Record<string, ComputedJson<Input, N, Rule, Names> | undefined>>;

/** A task of a runner registered with `Orchestrator.open({ runners })`. */
export interface CustomOptions<
  Input,
  N extends Needs,
  S,
  Rule extends TriggerRule,
  Names extends string = string,
> extends Base<N, S, Rule, Names> {
  readonly runner: string;
  /** What the runner is told; top-level fields may be functions. */
  readonly with?: ComputedFields<Input, N, Rule, Names> | undefined;
  /** What the runner is told to find out, after a crash, whether the work was done: null means that nothing was. */
  readonly probe?: ComputedFields<Input, N, Rule, Names> | undefined;
}

type MaybeSchema = StandardSchema | undefined;
type NoNeeds = Readonly<Record<never, never>>;

/** Adds tasks to the workflow being defined. */
export interface TaskBuilder<Input> {
  nu<
    N extends Needs = NoNeeds,
    S extends MaybeSchema = undefined,
    Rule extends TriggerRule = 'all_success',
    Names extends string = never,
  >(id: string, options: NushellOptions<Input, N, S, Rule, Names>): TaskRef<SchemaOutput<S>>;
  shell<
    N extends Needs = NoNeeds,
    S extends MaybeSchema = undefined,
    Rule extends TriggerRule = 'all_success',
    Names extends string = never,
  >(id: string, options: ShellOptions<Input, N, S, Rule, Names>): TaskRef<SchemaOutput<S>>;
  fn<
    R,
    N extends Needs = NoNeeds,
    S extends MaybeSchema = undefined,
    Rule extends TriggerRule = 'all_success',
    Names extends string = never,
  >(
    id: string,
    options: FunctionOptions<Input, N, S, Rule, R, Names>,
  ): TaskRef<S extends StandardSchema ? InferOutput<S> : R>;
  task<
    N extends Needs = NoNeeds,
    S extends MaybeSchema = undefined,
    Rule extends TriggerRule = 'all_success',
    Names extends string = never,
  >(id: string, options: CustomOptions<Input, N, S, Rule, Names>): TaskRef<SchemaOutput<S>>;
}
