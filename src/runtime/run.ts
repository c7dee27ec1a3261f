import type { JsonValue } from '../definition/json.js';
import { outputs, taskOutput } from '../engine/attempt/outputs.js';
import type { DecideOptions } from '../engine/commands/decision.js';
import { assertMessage } from '../engine/commit/recordable.js';
import type { RunLoop } from '../engine/loop.js';
import { UnreachableError } from '../errors.js';
import {
  type EventOf,
  type EventType,
  iterateEvents,
  type RunEvent,
  type Unsubscribe,
} from '../events.js';
import type { OutputFiles } from '../journal/outputs/output-files.js';
import type { Decision, FinishedStatus, TaskError } from '../journal/records/record.js';
import type { RunState } from '../journal/records/state.js';
import { handleClosing } from './handled-closing.js';
import {
  type Estimate,
  failures,
  type Progress,
  progress,
  type RunSnapshot,
  snapshot,
} from './snapshot.js';

/** How a run ended. */
export interface RunResult<Outputs = Readonly<Record<string, JsonValue | undefined>>> {
  readonly status: FinishedStatus;
  /** By the names `tasks` returned; undefined for a task that did not succeed. */
  readonly outputs: Outputs;
  /** Tasks that failed, and those cancelled while they were to be tried again or by the timeout of the run; in definition order. */
  readonly failures: readonly { readonly task: string; readonly error: TaskError }[];
}

/** A run of this process: look at it, listen to it, cancel it, await its result. */
export class Run<Outputs = Readonly<Record<string, JsonValue | undefined>>> {
  readonly id: string;
  readonly #loop: RunLoop;
  readonly #outputs: OutputFiles;
  readonly #estimate: Estimate | undefined;
  #result: Promise<RunResult<Outputs>> | undefined;

  /** @internal Made by the orchestrator. */
  constructor(id: string, loop: RunLoop, outputs: OutputFiles, estimate?: Estimate) {
    this.id = id;
    this.#loop = loop;
    this.#outputs = outputs;
    this.#estimate = estimate;
  }

  /**
   * How the run ended. A failed task does not reject it; JournalWriteError (the run stopped) and
   * RunUnfinishedError (the orchestrator was closed before) do. Outputs over 256 KiB are read from
   * their files when the result is first asked for (OutputFileError when one can't be): a workflow
   * with many names only those it wants in `outputs`, or its caller waits for {@link ended} and asks
   * for each with {@link output}.
   */
  get result(): Promise<RunResult<Outputs>> {
    if (this.#result === undefined) {
      this.#result = this.#loop.ended.then(() => resultOf(this.#loop.state, this.#outputs));
      this.#result.catch(() => {}); // looked at without waiting for it: no unhandled rejection
    }
    return this.#result;
  }

  /** Resolves when the run has ended, however; rejects as {@link result} does, but reads no outputs. */
  get ended(): Promise<void> {
    return this.#loop.ended;
  }

  /** Output of a task; undefined while it has none. Throws TaskNotFoundError, OutputFileError. */
  output(task: string): Promise<JsonValue | undefined> {
    return taskOutput(this.#loop.state, task, this.#outputs);
  }

  /** The run as it stands, from what is on disk. */
  snapshot(): RunSnapshot {
    return snapshot(this.#loop.state, this.#estimate);
  }

  /** How far it is. */
  progress(): Progress {
    return progress(this.#loop.state, this.#estimate);
  }

  /** Whether only decisions about held tasks can make the run go on, see Orchestrator.decide; `result` waits for them. */
  get waitsForDecision(): boolean {
    return this.#loop.blocked;
  }

  /**
   * Calls `listener` for each event of the type, `'*'` for all, from here on. Whoever listens as soon as `start`,
   * `resume` or `resumeAll` has resolved hears every event since the run was opened: from run.started, or from
   * run.resumed. What is on disk from before (of a run that was going on already, or has finished) {@link events}
   * gives. An event is frozen: it is the same for all listeners. A throwing listener harms nobody.
   */
  on<T extends EventType | '*'>(type: T, listener: (event: EventOf<T>) => unknown): Unsubscribe {
    return this.#loop.events.on(type, listener);
  }

  /** All records from `from` (default 1), then events as they happen, until the run ends. See {@link iterateEvents}. */
  events(options: { readonly from?: number } = {}): AsyncGenerator<RunEvent, void, void> {
    const loop = this.#loop;
    const reader = loop.commits.journal?.reader();
    return iterateEvents(
      {
        events: loop.events,
        read: (from) => reader?.read(from) ?? nothing(),
        durableSeq: () => loop.state.seq,
        ended: loop.ended.catch(() => {}),
      },
      options.from ?? 1,
    );
  }

  /**
   * Says what becomes of a held task: `rerun` it, count it as `done` with an output, or as failed (`fail`).
   * Resolves when the decision is on disk. It is taken once: of two at a time the second is refused.
   *
   * Throws, with nothing written: NotHeldError, RerunRefusedError, TaskNotFoundError, InvalidOptionError,
   * InvalidOutputError, NotJsonError.
   */
  decide(task: string, decision: Decision, options: DecideOptions = {}): Promise<void> {
    return this.#loop.decisions.take({ task, decision, ...options });
  }

  /**
   * Asks the run to end: what waits is cancelled, what runs is interrupted and after the grace killed.
   * Called again it kills at once. Resolves when the run has ended. `message`: up to 65,536 characters, else InvalidOptionError.
   */
  async cancel(message?: string): Promise<void> {
    assertMessage(message);
    this.#loop.cancel('requested', message);
    await this.#loop.ended;
  }
}

handleClosing(Run.prototype, ['cancel', 'decide']);

async function* nothing(): AsyncGenerator<never, void, void> {}

async function resultOf<Outputs>(state: RunState, files: OutputFiles): Promise<RunResult<Outputs>> {
  const { phase } = state;
  if (phase.status === 'running' || phase.status === 'cancelling')
    throw new UnreachableError(phase as never, 'resultOf');
  return {
    status: phase.status,
    outputs: (await outputs(state, files)) as Outputs,
    failures: failures(state),
  };
}
