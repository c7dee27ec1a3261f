import { createHash } from 'node:crypto';
import { assertJson } from '../definition/json.js';
import { type References, resolve } from '../definition/references.js';
import type { TaskSpec } from '../definition/spec.js';
import type { CallContext, TaskCode, TaskContext } from '../definition/workflow.js';
import type { RunState } from '../journal/state.js';
import type { Attempt } from '../runners/runner.js';
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
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/**
 * What an attempt is called with: its `with` resolved, and its function bound to input and needs.
 * `outputs` gives those of the tasks it needs. Throws what a callback throws.
 */
export function taskCall(
  state: RunState,
  spec: TaskSpec,
  code: TaskCode | undefined,
  outputs: OutputLookup,
): Pick<Attempt, 'with' | 'call'> {
  const context = taskContext(state, spec, code, outputs);
  const { run } = code ?? {};
  return {
    with: resolveSettings(state, spec, code, { context, outputs }),
    ...(run === undefined ? {} : { call: (call) => run(new FunctionCall(context, call)) }),
  };
}

/** What a function is called with; the signal stays a getter, since runners make one only when it is asked for. */
class FunctionCall implements TaskContext, CallContext {
  readonly input: unknown;
  readonly needs: unknown;
  readonly #call: CallContext;

  constructor({ input, needs }: TaskContext, call: CallContext) {
    this.input = input;
    this.needs = needs;
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
  state: RunState,
  spec: TaskSpec,
  code: TaskCode | undefined,
  outputs: OutputLookup,
): TaskContext {
  const names = code?.aliases ?? spec.needs.map((id) => [id, id] as const);
  return {
    input: state.input,
    needs: Object.fromEntries(names.map(([name, id]) => [name, outputs(id)])),
  };
}

function resolveSettings(
  state: RunState,
  spec: TaskSpec,
  code: TaskCode | undefined,
  { context, outputs }: { readonly context: TaskContext; readonly outputs: OutputLookup },
): Attempt['with'] {
  const needs = new Set(spec.needs);
  const references: References = {
    input: state.input,
    needs: (id) => needs.has(id),
    output: (id) => (needs.has(id) ? outputs(id) : undefined),
    call: (field) => {
      const value = code?.fields?.get(field)?.(context);
      return assertJson(value, `what ${field} of task ${JSON.stringify(spec.id)} returned`);
    },
  };
  return resolve(spec.with, references) as Attempt['with'];
}
