import type { JsonValue } from '../definition/json.js';
import { UnreachableError } from '../errors.js';
import {
  type EventOf,
  type EventType,
  iterateEvents,
  type RunEvent,
  type Unsubscribe,
} from '../events.js';
import type { Decision, FinishedStatus, TaskError } from '../journal/record.js';
import type { RunState } from '../journal/state.js';
import type { DecideOptions } from './decision.js';
import type { RunLoop } from './loop.js';
import {
  type Estimate,
  failures,
  outputs,
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
  /** Tasks that failed, in definition order. */
  readonly failures: readonly { readonly task: string; readonly error: TaskError }[];
}

/** A run of this process: look at it, listen to it, cancel it, await its result. */
export class Run<Outputs = Readonly<Record<string, JsonValue | undefined>>> {
  readonly id: string;
  /**
   * How the run ended. A failed task does not reject it; JournalWriteError (the run stopped) and
   * RunUnfinishedError (the orchestrator was closed before) do.
   */
  readonly result: Promise<RunResult<Outputs>>;
  readonly #loop: RunLoop;
  readonly #estimate: Estimate | undefined;

  /** @internal Made by the orchestrator. */
  constructor(id: string, loop: RunLoop, estimate?: Estimate) {
    this.id = id;
    this.#loop = loop;
    this.#estimate = estimate;
    this.result = loop.ended.then(() => resultOf<Outputs>(loop.state));
    this.result.catch(() => {}); // not looking at the result is no unhandled rejection
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

  /** Calls `listener` for each event of the type, `'*'` for all. A throwing listener harms nobody. */
  on<T extends EventType | '*'>(type: T, listener: (event: EventOf<T>) => unknown): Unsubscribe {
    return this.#loop.events.on(type, listener);
  }

  /** All records from `from` (default 1), then events as they happen, until the run ends. See {@link iterateEvents}. */
  events(options: { readonly from?: number } = {}): AsyncGenerator<RunEvent, void, void> {
    const loop = this.#loop;
    return iterateEvents(
      {
        events: loop.events,
        read: (from) => loop.journal?.read(from) ?? nothing(),
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
    return this.#loop.decide({ task, decision, ...options });
  }

  /**
   * Asks the run to end: what waits is cancelled, what runs is interrupted and after the grace killed.
   * Called again it kills at once. Resolves when the run has ended.
   */
  async cancel(message?: string): Promise<void> {
    this.#loop.cancel('requested', message);
    await this.#loop.ended;
  }
}

async function* nothing(): AsyncGenerator<never, void, void> {}

/** The result of a finished run. */
export function resultOf<Outputs>(state: RunState): RunResult<Outputs> {
  const { phase } = state;
  if (phase.status === 'running' || phase.status === 'cancelling')
    throw new UnreachableError(phase as never, 'resultOf');
  return { status: phase.status, outputs: outputs(state) as Outputs, failures: failures(state) };
}
