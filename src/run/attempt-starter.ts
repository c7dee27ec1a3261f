import type { TaskSpec } from '../definition/spec.js';
import type { RunEvents } from '../events.js';
import type { RunState } from '../journal/state.js';
import type { Attempt, Execution, Outcome, OutputChunk } from '../runners/runner.js';
import type { ProcessIdentity } from '../world/process-identity.js';
import { LazyPlace } from './lazy-place.js';
import type { RunParts, RunTools } from './parts.js';
import { errorAsData, taskCall } from './task-call.js';

/** Gives an attempt its names, folder and input, and hands it to its runner. Never throws: an input that can't be made is a failed execution. */
export class AttemptStarter {
  readonly #tools: RunTools;
  readonly #parts: RunParts;
  readonly #events: RunEvents;

  constructor(tools: RunTools, parts: RunParts, events: RunEvents) {
    this.#tools = tools;
    this.#parts = parts;
    this.#events = events;
  }

  start(state: RunState, spec: TaskSpec, attempt: number): Execution {
    try {
      const call = taskCall(state, spec, this.#parts.workflow.code.tasks.get(spec.id));
      return this.#runner(spec).start(this.#place(state, spec, attempt, call));
    } catch (error) {
      return endedExecution({ status: 'failed', error: errorAsData(error) });
    }
  }

  /** Takes over an attempt that another process started. */
  adopt(
    state: RunState,
    spec: TaskSpec,
    attempt: number,
    process: ProcessIdentity | undefined,
  ): Execution {
    const runner = this.#runner(spec);
    return (
      runner.adopt?.(this.#place(state, spec, attempt), process) ??
      endedExecution({ status: 'interrupted' })
    );
  }

  #runner(spec: TaskSpec): NonNullable<ReturnType<RunTools['runners']['get']>> {
    const runner = this.#tools.runners.get(spec.runner);
    if (runner === undefined) throw new Error(`runner ${spec.runner} is not registered`);
    return runner;
  }

  #place(
    state: RunState,
    spec: TaskSpec,
    attempt: number,
    call?: Pick<Attempt, 'with' | 'call'>,
  ): Attempt {
    const names = { run: state.id, task: spec.id, attempt, baseDir: this.#tools.baseDir };
    const origin = {
      traceId: state.traceId,
      dir: () => this.#dir(state.id, spec.id, attempt),
      output: (chunk: OutputChunk) => this.#output(spec.id, attempt, chunk),
    };
    return new LazyPlace(names, origin, call);
  }

  #dir(run: string, task: string, attempt: number): string {
    const index = this.#parts.plan.index.get(task) ?? 0;
    return this.#tools.attemptDir(run, index, task, attempt);
  }

  #output(task: string, attempt: number, { stream, text }: OutputChunk): void {
    if (!this.#events.hasListeners('task.output')) return;
    const at = new Date(this.#tools.world.clock.now()).toISOString();
    this.#events.emit({ type: 'task.output', at, task, attempt, stream, text });
  }
}

function endedExecution(outcome: Outcome): Execution {
  return { spawned: Promise.resolve(undefined), outcome: Promise.resolve(outcome), stop: () => {} };
}
