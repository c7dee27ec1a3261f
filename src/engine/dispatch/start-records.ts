import type { Clock } from '../../platform/clock.js';
import type { Frontier } from '../../scheduler/frontier.js';
import type { Commits } from '../commit/commits.js';
import { PendingStart } from './pending-start.js';
import type { PrefetchWindow } from './prefetch-window.js';

/** Puts on record which tasks start. */
export class StartRecords {
  readonly #clock: Clock;
  readonly #frontier: Frontier;
  readonly #commits: Commits;
  readonly #pace: PrefetchWindow;

  /** `pace` is told how long starts take to the disk. */
  constructor(clock: Clock, frontier: Frontier, commits: Commits, pace: PrefetchWindow) {
    this.#clock = clock;
    this.#frontier = frontier;
    this.#commits = commits;
    this.#pace = pace;
  }

  /** Appends the start of the most important ready task of the pool; undefined when none is ready. `isAhead`: it has no slot yet. */
  append(pool: string | undefined, isAhead: boolean): PendingStart | undefined {
    const next = this.#frontier.take(pool);
    if (next === undefined) return undefined;
    const { task, attempt } = next;
    const appendedAtMs = this.#clock.monotonic();
    const start = new PendingStart(next, { isAhead, appendedAtMs });
    const ahead = isAhead ? { ahead: true as const } : {};
    this.#commits.commit({ type: 'task.started', task, attempt, ...ahead }, (isDurable) => {
      this.#pace.synced(this.#clock.monotonic() - appendedAtMs);
      start.settled(isDurable);
    });
    return start;
  }

  /** Says of one that was written ahead that its code runs. */
  confirm(start: PendingStart): void {
    const { task, attempt } = start;
    if (!start.isAhead || !this.#frontier.isRunning(task)) return;
    start.isAhead = false;
    this.#commits.commit({ type: 'task.started', task, attempt });
  }

  /** Its code did not run, and it counts as no attempt: its task may start again, or is written off with what waits. */
  revert({ task, attempt }: PendingStart): void {
    this.#commits.commit({ type: 'task.interrupted', task, attempt, next: 'retry', begun: false });
  }
}
