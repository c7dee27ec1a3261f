import { hash } from 'node:crypto';
import { assertJson, type JsonValue } from '../../definition/json.js';
import { type References, resolve } from '../../definition/references.js';
import type { TaskSpec } from '../../definition/spec.js';
import type { CallContext, TaskCode, TaskContext } from '../../definition/workflow.js';
import type { Attempt } from '../../runners/runner.js';
import type { OutputLookup } from './outputs.js';

/** Names derived from the run's trace id: stable over restarts, unique among data directories. */
export interface AttemptNames {
  /** The same for every attempt of the task. */
  readonly key: string;
  readonly cookie: string;
  /** W3C Trace Context, https://www.w3.org/TR/trace-context/. */
  readonly traceparent: string;
}

/** See {@link AttemptNames}. */
export function attemptNames(traceId: string, task: string, attempt: number): AttemptNames {
  const cookie = digest(`${traceId}\n${attempt}\n${task}`);
  return {
    key: digest(`${traceId}\n${task}`),
    cookie,
    traceparent: `00-${traceId}-${cookie.slice(0, 16)}-01`,
  };
}

function digest(text: string): string {
  return hash('sha256', text).slice(0, 32);
}

/** What an attempt is made from, beside its definition. */
export interface Given {
  /** The run's input, secret parts included. */
  readonly input: JsonValue;
  /** Gives outputs of the tasks it needs. */
  readonly outputs: OutputLookup;
  /** Values of the secrets it is given, by name. */
  readonly secrets: ReadonlyMap<string, string>;
}

/**
 * What an attempt is called with: its `with` resolved, and its function bound to input and needs.
 * Throws what a callback throws.
 */
export function taskCall(
  spec: TaskSpec,
  code: TaskCode | undefined,
  given: Given,
): Pick<Attempt, 'with' | 'call'> {
  const context = taskContext(spec, code, given);
  const run = code?.run;
  return {
    with: resolveSettings(spec, code, given, context),
    call: run === undefined ? undefined : (call) => run(new FunctionCall(context, call)),
  };
}

/** What a function is called with; the signal stays a getter, since runners make one only when it is asked for. */
class FunctionCall implements TaskContext, CallContext {
  readonly input: unknown;
  readonly needs: unknown;
  readonly secrets: TaskContext['secrets'];
  readonly #call: CallContext;

  constructor({ input, needs, secrets }: TaskContext, call: CallContext) {
    this.input = input;
    this.needs = needs;
    this.secrets = secrets;
    this.#call = call;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }

  get attempt(): number {
    return this.#call.attempt;
  }

  get key(): string {
    return this.#call.key;
  }

  get log(): (line: string) => void {
    return this.#call.log;
  }
}

function taskContext(
  spec: TaskSpec,
  code: TaskCode | undefined,
  { input, outputs, secrets }: Given,
): TaskContext {
  return {
    input,
    needs: spec.needs.length === 0 ? {} : neededValues(spec, code, outputs),
    secrets: spec.secrets === undefined ? NONE : listed(spec.secrets, secrets),
  };
}

/** Outputs of the needed tasks, by the names that functions know them by. */
function neededValues(
  spec: TaskSpec,
  code: TaskCode | undefined,
  outputs: OutputLookup,
): TaskContext['needs'] {
  const names = code?.aliases ?? spec.needs.map((id) => [id, id] as const);
  return Object.fromEntries(names.map(([name, id]) => [name, outputs(id)]));
}

const NONE = Object.freeze({});

function listed(
  names: readonly string[],
  secrets: ReadonlyMap<string, string>,
): TaskContext['secrets'] {
  return Object.fromEntries(names.map((name) => [name, secrets.get(name) ?? '']));
}

function resolveSettings(
  spec: TaskSpec,
  code: TaskCode | undefined,
  { input, outputs, secrets }: Given,
  context: TaskContext,
): Attempt['with'] {
  if (Object.keys(spec.with).length === 0) return NONE; // a function's
  const needs = new Set(spec.needs);
  const references: References = {
    input,
    needs: (id) => needs.has(id),
    output: (id) => (needs.has(id) ? outputs(id) : undefined),
    call: (field) => {
      const value = code?.fields?.get(field)?.(context);
      return assertJson(value, `what ${field} of task ${JSON.stringify(spec.id)} returned`);
    },
    secret: (name) => secrets.get(name) ?? '',
  };
  return resolve(spec.with, references) as Attempt['with'];
}
