import type { RunLoop } from '../engine/loop.js';
import type { Run } from './run.js';

/** A run that this process works on. */
export interface LiveRun {
  readonly loop: RunLoop;
  readonly run: Run;
}

/** The runs that this process works on, each from its opening to its end. */
export class LiveRuns {
  readonly #runs = new Map<string, LiveRun>();

  /** All of them, those included whose start is not on disk yet, and those that are being closed. */
  get all(): readonly LiveRun[] {
    return [...this.#runs.values()];
  }

  get any(): boolean {
    return this.#runs.size > 0;
  }

  /** Those that are durably accepted. */
  get accepted(): readonly LiveRun[] {
    return this.all.filter(({ loop }) => loop.accepted);
  }

  /** The run, when it is durably accepted and not being closed. */
  get(id: string): LiveRun | undefined {
    const live = this.#runs.get(id);
    return live?.loop.accepted && live.loop.gone === undefined ? live : undefined;
  }

  /** The run, for one who would open it otherwise. One that is being closed is waited for: it can be opened only after. */
  async settled(id: string): Promise<LiveRun | undefined> {
    await this.#runs.get(id)?.loop.gone;
    return this.get(id);
  }

  /** Has all recorded to their ends, and then end with an error of their own: the disk is full. Resolves when they have. */
  async full(errorOf: (id: string) => Error): Promise<void> {
    const runs = [...this.#runs];
    for (const [id, { loop }] of runs) loop.full(errorOf(id));
    await Promise.allSettled(runs.map(([, { loop }]) => loop.ended));
  }

  /** Keeps a run until nothing of it goes on; calls `ended` when it has ended, with the error when it could not finish. */
  enter(id: string, live: LiveRun, ended: (error?: Error) => void): void {
    this.#runs.set(id, live);
    const leave = async (error?: Error): Promise<void> => {
      ended(error);
      await live.loop.gone;
      if (this.#runs.get(id) === live) this.#runs.delete(id);
    };
    live.loop.ended.then(() => leave(), leave);
  }
}
