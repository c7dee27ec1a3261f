import type { RunLoop } from './loop.js';
import type { Run } from './run.js';

/** A run that this process works on. */
export interface LiveRun {
  readonly loop: RunLoop;
  readonly run: Run;
}

/** The runs that this process works on, each from its opening to its end. */
export class LiveRuns {
  readonly #runs = new Map<string, LiveRun>();

  /** All of them, those included whose start is not on disk yet. */
  get all(): readonly LiveRun[] {
    return [...this.#runs.values()];
  }

  /** Those that are durably accepted. */
  get accepted(): readonly LiveRun[] {
    return this.all.filter(({ loop }) => loop.accepted);
  }

  /** The run, when it is live and durably accepted. */
  get(id: string): LiveRun | undefined {
    const live = this.#runs.get(id);
    return live?.loop.accepted ? live : undefined;
  }

  /** The run, for one who would open it otherwise. One that is closing is waited for: it can be opened only after. */
  async settled(id: string): Promise<LiveRun | undefined> {
    const live = this.#runs.get(id);
    if (live?.loop.isClosed) await live.loop.ended.catch(() => {});
    return this.#runs.get(id);
  }

  /** Has all recorded to their ends, and then end with an error of their own: the disk is full. Resolves when they have. */
  async full(errorOf: (id: string) => Error): Promise<void> {
    const runs = [...this.#runs];
    for (const [id, { loop }] of runs) loop.full(errorOf(id));
    await Promise.allSettled(runs.map(([, { loop }]) => loop.ended));
  }

  /** Keeps a run until it ends, then calls `left`. */
  enter(id: string, live: LiveRun, left: () => void): void {
    this.#runs.set(id, live);
    const leave = (): void => {
      if (this.#runs.get(id) === live) this.#runs.delete(id);
      left();
    };
    live.loop.ended.then(leave, leave);
  }
}
