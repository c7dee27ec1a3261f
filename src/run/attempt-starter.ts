import type { TaskSpec } from '../definition/spec.js';
import type { TaskCode } from '../definition/workflow.js';
import type { RunEvents } from '../events.js';
import type { RunState } from '../journal/state.js';
import type { Attempt, Execution, Outcome, OutputChunk, Runner } from '../runners/runner.js';
import type { ProcessIdentity } from '../world/process-identity.js';
import { guarded } from './guarded-execution.js';
import { endedExecution, lateExecution } from './late-execution.js';
import { LazyPlace } from './lazy-place.js';
import { checkOutput, failedBy } from './outcome.js';
import { type KeptOutcome, keepOutput, neededOutputs, type OutputLookup } from './outputs.js';
import type { RunParts, RunTools } from './parts.js';
import { taskCall } from './task-call.js';

/**
 * The two ends of an attempt: gives it its names, folder and input and hands it to its runner; checks
 * what comes out and puts it where it belongs.
 */
export class AttemptStarter {
  readonly #tools: RunTools;
  readonly #parts: RunParts;
  readonly #events: RunEvents;

  constructor(tools: RunTools, parts: RunParts, events: RunEvents) {
    this.#tools = tools;
    this.#parts = parts;
    this.#events = events;
  }

  /** Never throws: an input that can't be made, or not be read, is a failed execution. */
  start(state: RunState, spec: TaskSpec, attempt: number): Execution {
    const outputs = neededOutputs(this.#tools.outputs, state, spec, this.#code(spec));
    if (!(outputs instanceof Promise)) return this.#begin(state, spec, attempt, outputs);
    return lateExecution(
      outputs.then(
        (read) => () => this.#begin(state, spec, attempt, read),
        (error: unknown) => () => endedExecution(failedBy(error)),
      ),
    );
  }

  #begin(state: RunState, spec: TaskSpec, attempt: number, outputs: OutputLookup): Execution {
    return guarded(() => {
      const call = taskCall(state, spec, this.#code(spec), outputs);
      return this.#runner(spec).start(this.#place(state, spec, attempt, call));
    });
  }

  /** Takes over an attempt that another process started. */
  adopt(
    state: RunState,
    spec: TaskSpec,
    attempt: number,
    process: ProcessIdentity | undefined,
  ): Execution {
    return guarded(() => {
      const place = this.#place(state, spec, attempt);
      return (
        this.#runner(spec).adopt?.(place, process) ?? endedExecution({ status: 'interrupted' })
      );
    });
  }

  /** The outcome as it can be recorded: checked by the task's schema, a big output on disk. Throws JournalWriteError. */
  async keep(run: string, spec: TaskSpec, attempt: number, outcome: Outcome): Promise<KeptOutcome> {
    const checked = await checkOutput(outcome, this.#code(spec));
    const place = { run, index: this.#index(spec.id), task: spec.id, attempt };
    return keepOutput(this.#tools.outputs, place, checked);
  }

  #code({ id }: TaskSpec): TaskCode | undefined {
    return this.#parts.workflow.code.tasks.get(id);
  }

  #index(task: string): number {
    return this.#parts.plan.index.get(task) ?? 0;
  }

  #runner(spec: TaskSpec): Runner {
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
      dir: () => this.#tools.attemptDir(state.id, this.#index(spec.id), spec.id, attempt),
      output: (chunk: OutputChunk) => this.#output(spec.id, attempt, chunk),
    };
    return new LazyPlace(names, origin, call);
  }

  #output(task: string, attempt: number, { stream, text }: OutputChunk): void {
    if (!this.#events.hasListeners('task.output')) return;
    const at = new Date(this.#tools.world.clock.now()).toISOString();
    this.#events.emit({ type: 'task.output', at, task, attempt, stream, text });
  }
}
