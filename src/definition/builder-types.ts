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

/** JSON as callbacks may write it: readonly or not, and with interfaces. */
export type JsonInput = unknown;

interface NushellBase<Input, N extends Needs, S, Rule extends TriggerRule, Names extends string>
  extends Base<N, S, Rule, Names> {
  /** Environment of the process, beside the allow-listed part of this process's. */
  readonly env?: Computed<Readonly<Record<string, string>>, Input, N, Rule, Names> | undefined;
  /** Working folder, relative to the orchestrator's `baseDir`; default that folder. */
  readonly cwd?: string | undefined;
  /** Folders where `use` and `source` look, before the orchestrator's. */
  readonly includePaths?: readonly string[] | undefined;
  /** Load the standard library (`use std …`): 6 ms more a start. Default false. */
  readonly stdlib?: boolean | undefined;
}

/** A command of a module: `use <use> *; <call> …args --flags`. */
export interface NushellCall<
  Input,
  N extends Needs,
  S,
  Rule extends TriggerRule,
  Names extends string,
> extends NushellBase<Input, N, S, Rule, Names> {
  readonly use: string;
  readonly call: string;
  readonly args?: Computed<readonly JsonInput[], Input, N, Rule, Names> | undefined;
  /** By flag name; null and undefined leave the flag's default alone. */
  readonly flags?: Computed<Readonly<Record<string, JsonInput>>, Input, N, Rule, Names> | undefined;
  /** Piped into the command. */
  readonly input?: Computed<JsonInput, Input, N, Rule, Names> | undefined;
  readonly code?: undefined;
  readonly script?: undefined;
}

/** Nushell code; `$input` holds the input, the last value is the output. */
export interface NushellCode<
  Input,
  N extends Needs,
  S,
  Rule extends TriggerRule,
  Names extends string,
> extends NushellBase<Input, N, S, Rule, Names> {
  readonly code: string;
  readonly input?: Computed<JsonInput, Input, N, Rule, Names> | undefined;
  readonly use?: undefined;
  readonly script?: undefined;
}

/** A plain script; its exit code decides, its output is null. */
export interface NushellScript<
  Input,
  N extends Needs,
  S,
  Rule extends TriggerRule,
  Names extends string,
> extends NushellBase<Input, N, S, Rule, Names> {
  readonly script: string;
  readonly args?: Computed<readonly string[], Input, N, Rule, Names> | undefined;
  readonly use?: undefined;
  readonly code?: undefined;
}

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

/** A program and its arguments; no shell reads them. */
export interface ShellOptions<
  Input,
  N extends Needs,
  S,
  Rule extends TriggerRule,
  Names extends string = string,
> extends Base<N, S, Rule, Names> {
  readonly command: string;
  readonly args?: Computed<readonly string[], Input, N, Rule, Names> | undefined;
  /** Text for its standard input; default empty. */
  readonly stdin?: Computed<string, Input, N, Rule, Names> | undefined;
  readonly env?: Computed<Readonly<Record<string, string>>, Input, N, Rule, Names> | undefined;
  readonly cwd?: string | undefined;
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
}

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
  readonly with?: Readonly<Record<string, Computed<JsonInput, Input, N, Rule, Names>>> | undefined;
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
