import { isGivenSecrets, secretsOf } from '../../definition/secrets.js';
import type { TaskSpec } from '../../definition/spec.js';
import type { TaskCode } from '../../definition/workflow.js';
import type { RunEvents } from '../../events.js';
import type { RunState } from '../../journal/records/state.js';
import type { ProcessIdentity } from '../../platform/process-identity.js';
import type { Attempt, Execution, Outcome, OutputChunk, Runner } from '../../runners/runner.js';
import type { RunContext, RunTools } from '../run-context.js';
import type { RunSecrets } from '../secrets/run-secrets.js';
import { AttemptContext, type RunRef } from './attempt-context.js';
import { deferredExecution, endedExecution } from './deferred-execution.js';
import { guarded } from './guarded-execution.js';
import { checkOutput, failedBy } from './outcome.js';
import { type KeptOutcome, keepOutput, neededOutputs, withinBounds } from './outputs.js';
import { redacting } from './redacted-output.js';
import { type Given, taskCall } from './task-call.js';

type Output = Attempt['output'];

const NO_NAMES: readonly string[] = [];
const NO_SECRETS: ReadonlyMap<string, string> = new Map();

/**
 * The two ends of an attempt: gives it its names, folder and input and hands it to its runner; checks
 * what comes out and puts it where it belongs.
 */
export class AttemptStarter {
  readonly #tools: RunTools;
  readonly #parts: RunContext;
  readonly #events: RunEvents;
  #shared: RunRef | undefined;

  constructor(tools: RunTools, parts: RunContext, events: RunEvents) {
    this.#tools = tools;
    this.#parts = parts;
    this.#events = events;
  }

  /** Never throws: an input that can't be made, or not be read, is a failed execution. */
  start(state: RunState, spec: TaskSpec, attempt: number): Execution {
    const given = this.#given(state, spec);
    if (!(given instanceof Promise)) return this.#begin(state, spec, attempt, given);
    return deferredExecution(
      given.then(
        (read) => () => this.#begin(state, spec, attempt, read),
        (error: unknown) => () => endedExecution(failedBy(error)),
      ),
    );
  }

  #given(state: RunState, spec: TaskSpec): Given | Promise<Given> {
    const outputs = neededOutputs(this.#tools.outputs, state, spec, this.#code(spec));
    const input = this.#parts.secrets?.input ?? state.input;
    const names = this.#parts.secrets === undefined ? NO_NAMES : secretsOf(spec);
    if (names.length === 0 && !(outputs instanceof Promise))
      return { input, outputs, secrets: NO_SECRETS };
    // Asked for at each attempt: they may have been replaced since the last.
    const fetched = this.#parts.secrets?.fetch(names) ?? NO_SECRETS;
    return Promise.all([outputs, fetched]).then(([read, secrets]) => ({
      input,
      outputs: read,
      secrets,
    }));
  }

  #begin(state: RunState, spec: TaskSpec, attempt: number, given: Given): Execution {
    return this.#printing(spec, attempt, (output) => {
      const call = taskCall(spec, this.#code(spec), given);
      return this.#runner(spec).start(this.#place(state, spec, attempt, output, call));
    });
  }

  /** Takes over an attempt that another process started. */
  adopt(
    state: RunState,
    spec: TaskSpec,
    attempt: number,
    process: ProcessIdentity | undefined,
  ): Execution {
    return this.#printing(spec, attempt, (output) => {
      const place = this.#place(state, spec, attempt, output);
      return (
        this.#runner(spec).adopt?.(place, process) ?? endedExecution({ status: 'interrupted' })
      );
    });
  }

  /** Whether an attempt of the task goes on without this process: a runner that can take it over will find it. */
  outlives(spec: TaskSpec): boolean {
    return this.#runner(spec).adopt !== undefined;
  }

  /** The outcome as it can be recorded: checked by the task's schema, without secrets, a big output on disk. Throws or rejects with JournalWriteError. */
  keep(
    run: string,
    spec: TaskSpec,
    attempt: number,
    outcome: Outcome,
  ): KeptOutcome | Promise<KeptOutcome> {
    const checking = checkOutput(outcome, this.#code(spec));
    const keep = (checked: Outcome): KeptOutcome | Promise<KeptOutcome> => {
      const clean = this.#parts.secrets?.outcome(withinBounds(checked)) ?? checked;
      const place = { run, index: this.#index(spec.id), task: spec.id, attempt };
      return keepOutput(this.#tools.outputs, place, clean);
    };
    return checking instanceof Promise ? checking.then(keep) : keep(checking);
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

  /** An execution that prints into the run's events; without secrets it does so by itself, and `begin` gets no output. */
  #printing(
    spec: TaskSpec,
    attempt: number,
    begin: (output: Output | undefined) => Execution,
  ): Execution {
    const { secrets } = this.#parts;
    if (secrets === undefined) return guarded(() => begin(undefined));
    const emit = (chunk: OutputChunk): void => this.#output(spec.id, attempt, chunk);
    return guarded(() => redacting(secrets, emit, begin));
  }

  #place(
    state: RunState,
    spec: TaskSpec,
    attempt: number,
    output: Output | undefined,
    call?: Pick<Attempt, 'with' | 'call'>,
  ): Attempt {
    const secrets = this.#secrets(spec);
    return new AttemptContext(this.#runPlace(state), spec.id, attempt, secrets, output, call);
  }

  #runPlace({ id, traceId }: RunState): RunRef {
    this.#shared ??= {
      run: id,
      traceId,
      baseDir: this.#tools.baseDir,
      maxLogBytes: this.#tools.maxLogBytes,
      dirOf: (task, attempt) => this.#tools.attemptDir(id, this.#index(task), task, attempt),
      print: (task, attempt, chunk) => this.#output(task, attempt, chunk),
      isHeard: () => this.#events.hasListeners('task.output'),
    };
    return this.#shared;
  }

  #secrets(spec: TaskSpec): RunSecrets | undefined {
    const { secrets, workflow } = this.#parts;
    if (secrets === undefined) return undefined;
    return isGivenSecrets(spec, workflow.spec.secretInputs) ? secrets : undefined;
  }

  #output(task: string, attempt: number, { stream, text, offset, bytes }: OutputChunk): void {
    if (!this.#events.takes('task.output')) return;
    const at = new Date(this.#tools.platform.clock.now()).toISOString();
    this.#events.emit({ type: 'task.output', at, task, attempt, stream, text, offset, bytes });
  }
}
