import type { JsonValue } from './json.js';
import type { WorkflowSpec } from './spec.js';
import type { StandardSchema } from './standard-schema.js';

/** What a function of a task is called with. */
export interface TaskContext<Input = unknown, Needs = unknown, Secret extends string = string> {
  /** The run's input, as the input schema gave it. */
  readonly input: Input;
  /** Outputs of the needed tasks, by the names given in `needs`. */
  readonly needs: Needs;
  /** Values of the secrets that the task lists under `secrets`. What of them is printed, returned or thrown is redacted. */
  readonly secrets: Readonly<Record<Secret, string>>;
}

/** What the `run` of a function task is called with, beside input and needs. */
export interface CallContext {
  /** Aborted when the attempt is to stop (cancel, timeout). Code that ignores it can't be stopped. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The same for every attempt of this task of this run: for idempotent calls to providers. */
  readonly key: string;
  /** Adds a line to the task's live output. */
  readonly log: (line: string) => void;
}

/** The functions beside what a runner is told. */
export interface WorkCode {
  /** By field of `with`: the function a `{ $function: field }` stands for. */
  readonly fields?: ReadonlyMap<string, (context: TaskContext) => unknown> | undefined;
  /** What a function task does. */
  readonly run?: ((context: TaskContext & CallContext) => unknown) | undefined;
}

/** The functions and schemas of one task that data can't hold. */
export interface TaskCode extends WorkCode {
  /** Those of its probe. */
  readonly probe?: WorkCode | undefined;
  readonly output?: StandardSchema | undefined;
  /** Names under which functions see the outputs of needed tasks. */
  readonly aliases?: readonly (readonly [name: string, task: string])[] | undefined;
}

/** The code beside a workflow's data. */
export interface WorkflowCode {
  readonly input?: StandardSchema | undefined;
  readonly tasks: ReadonlyMap<string, TaskCode>;
}

declare const types: unique symbol;

/** A workflow: plain data, and the code that data can't hold. Made by defineWorkflow or workflowFromData. */
export interface Workflow<
  Input = unknown,
  Outputs = Readonly<Record<string, JsonValue | undefined>>,
> {
  readonly name: string;
  readonly spec: WorkflowSpec;
  readonly code: WorkflowCode;
  /** Whether the data is all: such a workflow can be resumed by a process that does not have its source. */
  readonly portable: boolean;
  readonly [types]?: { readonly input: (input: Input) => void; readonly outputs: Outputs };
}

/** Input a workflow's `start` takes. */
export type InputOf<W> = W extends Workflow<infer I, infer _O> ? I : never;
/** Outputs a workflow's run gives. */
export type OutputsOf<W> = W extends Workflow<infer _I, infer O> ? O : never;

/** Puts data and code together. The graph is frozen: a workflow is planned once, however many runs of it start. */
export function makeWorkflow<Input, Outputs>(
  spec: WorkflowSpec,
  code: WorkflowCode,
): Workflow<Input, Outputs> {
  const portable = spec.tasks.every((task) => task.functions === undefined);
  for (const task of spec.tasks) {
    Object.freeze(task.needs);
    Object.freeze(task);
  }
  Object.freeze(spec.tasks);
  return Object.freeze({ name: spec.name, spec, code, portable });
}
