import type { RunState } from '../journal/records/state.js';
import type { Clock } from '../platform/clock.js';
import type { Frontier } from '../scheduler/frontier.js';
import { Timers } from './timers.js';

/** What the run does when a time has come. */
export interface TimerUser {
  /** A task's next attempt is due. */
  due(): void;
  /** The run's timeout has passed. */
  overdue(): void;
}

/** When a run has to end, and when it began: unknown while that is not on disk. */
export type Deadline = Pick<RunState, 'deadlineAt'> & Partial<Pick<RunState, 'startedAt'>>;

/** Key of the run's own timer; no task id is empty. */
const DEADLINE = '';

/**
 * What a run waits for. The instants are on record; of one that was recorded by a clock that has been set back since,
 * no more counts than the delay it was recorded with.
 */
export class RunTimers {
  readonly #timers: Timers;
  readonly #frontier: Pick<Frontier, 'retrying' | 'due'>;
  readonly #user: TimerUser;

  constructor(clock: Clock, frontier: Pick<Frontier, 'retrying' | 'due'>, user: TimerUser) {
    this.#timers = new Timers(clock);
    this.#frontier = frontier;
    this.#user = user;
  }

  /** Takes up what the records speak of. */
  takeUp({ deadlineAt, startedAt }: Deadline): void {
    for (const { task, retryAt, delayMs } of this.#frontier.retrying())
      this.retry(task, retryAt, delayMs);
    if (deadlineAt === undefined) return;
    const until = Date.parse(deadlineAt);
    const longestMs = startedAt === undefined ? undefined : until - Date.parse(startedAt);
    this.#timers.at(DEADLINE, until, () => this.#user.overdue(), longestMs);
  }

  /** Makes the task's next attempt due at an instant, or after `longestMs`. */
  retry(task: string, retryAt: string, longestMs?: number): void {
    const due = (): void => {
      this.#frontier.due(task);
      this.#user.due();
    };
    this.#timers.at(task, Date.parse(retryAt), due, longestMs);
  }

  cancelAll(): void {
    this.#timers.cancelAll();
  }
}
