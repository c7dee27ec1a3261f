import type { Clock } from '../../platform/clock.js';
import type { Frontier } from '../../scheduler/frontier.js';
import type { Commits, Settled } from './commits.js';

/** Records written in one turn of the event loop. */
const MOST_A_TURN = 1_000;

/** The run, as what is settled without running anything sees it. */
interface SettlingUser {
  /** Told when the run's last record is on disk, or will not be. */
  readonly finished: Settled;
  /** More is settled than could be written in one turn: called in the next. */
  goOn(): void;
}

/** Writes what is settled without running anything, so much a turn: the end of a run of many tasks must not hold up all others. */
export class SkipPropagation {
  readonly #clock: Clock;
  readonly #frontier: Pick<Frontier, 'settled'>;
  readonly #commits: Pick<Commits, 'commit'>;
  readonly #user: SettlingUser;
  #waits = false;

  /** What `commits` appends has to move the frontier. */
  constructor(
    clock: Clock,
    frontier: Pick<Frontier, 'settled'>,
    commits: Pick<Commits, 'commit'>,
    user: SettlingUser,
  ) {
    this.#clock = clock;
    this.#frontier = frontier;
    this.#commits = commits;
    this.#user = user;
  }

  /** Whether some of it has to wait for the next turn. */
  get isUnderWay(): boolean {
    return this.#waits;
  }

  /** Resolves when none of it has to. */
  async over(): Promise<void> {
    while (this.#waits) await new Promise<void>((resolve) => this.#clock.soon(resolve));
  }

  /** Writes until nothing is left that is settled, or the turn is full; gives whether nothing is left. */
  write(): boolean {
    if (this.#waits) return false;
    for (let written = 0; written < MOST_A_TURN; ) {
      const drafts = this.#frontier.settled();
      if (drafts.length === 0) return true;
      for (const draft of drafts)
        this.#commits.commit(
          draft,
          draft.type === 'run.finished' ? this.#user.finished : undefined,
        );
      written += drafts.length;
    }
    this.#waits = true;
    this.#clock.soon(() => {
      this.#waits = false;
      this.#user.goOn();
    });
    return false;
  }
}
