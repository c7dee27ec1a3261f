import { NuflowError, RunUnfinishedError } from '../errors.js';
import type { Clock } from '../platform/clock.js';

/** A run that has not ended and that nobody works on, because of an error. */
export interface StoppedRun {
  /** Id of the run. */
  readonly run: string;
  /** Code of the error, `NUFLOW_…`. */
  readonly code: string;
  /** What happened, where, and what to do next. */
  readonly message: string;
  /** RFC 3339 instant in UTC. */
  readonly since: string;
}

/** Told of each run that stops. What it throws is ignored. */
export type StoppedListener = (stopped: StoppedRun) => unknown;

/** The runs of this process that stand still because of an error, until they go on or the process ends. */
export class StoppedRuns {
  readonly #clock: Clock;
  readonly #runs = new Map<string, StoppedRun>();
  readonly #listeners = new Set<StoppedListener>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The first that stopped comes first. */
  get all(): readonly StoppedRun[] {
    return [...this.#runs.values()];
  }

  has(run: string): boolean {
    return this.#runs.has(run);
  }

  /** Notes that a run stopped. A run that had not gone on since it stopped before keeps its `since`. */
  add(run: string, error: Error): void {
    if (error instanceof RunUnfinishedError) return; // its orchestrator was closed
    const { message } = error;
    const code = error instanceof NuflowError ? error.code : 'NUFLOW_BUG';
    const since = this.#runs.get(run)?.since ?? new Date(this.#clock.now()).toISOString();
    const isNews = this.#runs.get(run)?.code !== code;
    const stopped = { run, code, message, since };
    this.#runs.set(run, stopped);
    if (isNews) for (const listener of this.#listeners) tell(listener, stopped);
  }

  /** The run is worked on again. */
  forget(run: string): void {
    this.#runs.delete(run);
  }

  /** Calls `listener` for each run that stops from now on; returns the way to end that. */
  listen(listener: StoppedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function tell(listener: StoppedListener, stopped: StoppedRun): void {
  try {
    listener(stopped);
  } catch {
    // The listener's fault, and nobody else's.
  }
}
