import type { Executor } from '../queue/executor.js';
import type { Cancel, Clock } from '../world/clock.js';
import { Pace } from './pace.js';
import type { Started } from './started.js';
import { Turn } from './turn.js';

/** The run, as its slots see it. */
export interface SlotUser {
  /** Tasks of the pool that could start now. */
  ready(pool: string | undefined): number;
  /** Appends the start of the most important of them; undefined when none may start. */
  start(pool: string | undefined): Started | undefined;
  /** Runs it to its end. */
  run(started: Started): Promise<void>;
  /** Records that it was interrupted before its code ran. */
  giveBack(started: Started): void;
}

type Pool = string | undefined;

/** What the run has of a pool. */
interface Share {
  /** Slots that were asked for and did not come yet. */
  requested: number;
  /** Slots it has. */
  held: number;
  /** Started on disk, without a slot. */
  ahead: Started[];
}

const FIRST = { priority: Number.MAX_SAFE_INTEGER } as const;

/** A start ahead that got no slot for so long is given back, ms: what looks as if it ran should run. */
const PATIENCE_MS = 100;

/**
 * Gets a run's tasks into slots. Slots are asked for only as many as could be used, and a task is chosen
 * only when its slot is there, so that the most important one gets it. A slot that nobody else waits for goes
 * on with the run's next task.
 *
 * The exception is {@link Pace}'s: of tasks shorter than a sync, some are started ahead on disk, and
 * their code runs when a slot is free. Those that get none soon are given back.
 */
export class Slots {
  readonly pace = new Pace();
  readonly #executor: Executor;
  readonly #clock: Clock;
  readonly #user: SlotUser;
  readonly #mayStartAhead: boolean;
  readonly #turn: Turn;
  readonly #shares = new Map<Pool, Share>();
  #cancelPatience: Cancel | undefined;
  #used = 0;

  /** `mayStartAhead`: whether every task may be retried when it was started but did not run. */
  constructor(executor: Executor, clock: Clock, user: SlotUser, mayStartAhead: boolean) {
    this.#executor = executor;
    this.#clock = clock;
    this.#user = user;
    this.#mayStartAhead = mayStartAhead;
    this.#turn = new Turn(clock);
  }

  /** Asks for the slots that tasks of these pools could use now. */
  request(pools: readonly Pool[]): void {
    for (const pool of pools) this.#request(pool, this.#share(pool));
  }

  #request(pool: Pool, share: Share): void {
    const usable = this.#user.ready(pool) + share.ahead.length;
    const wanted = Math.min(usable, this.#executor.limit(pool) - share.held);
    for (; share.requested < wanted; share.requested++)
      this.#executor.submit(
        (mayGoOn) => this.#use(pool, share, mayGoOn),
        pool === undefined ? {} : { pool },
      );
  }

  #share(pool: Pool): Share {
    const known = this.#shares.get(pool);
    if (known !== undefined) return known;
    const share = { requested: 0, held: 0, ahead: [] };
    this.#shares.set(pool, share);
    return share;
  }

  /** Gets work that another process left behind into a slot before anything new. */
  first(pool: Pool, work: () => Promise<void>): void {
    this.#executor.submit(work, pool === undefined ? FIRST : { ...FIRST, pool });
  }

  /** Gives back all that was started ahead: nothing more is to start. */
  giveBackAll(): void {
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
    for (const share of this.#shares.values()) {
      const { ahead } = share;
      share.ahead = [];
      for (const started of ahead) this.#user.giveBack(started);
    }
  }

  async #use(pool: Pool, share: Share, mayGoOn: () => boolean): Promise<void> {
    for (let full = this.#turn.full(); full !== undefined; full = this.#turn.full()) await full;
    share.requested--;
    share.held++;
    try {
      for (let started = this.#next(pool, share); started !== undefined; ) {
        await this.#user.run(started);
        if (!mayGoOn()) break;
        for (let full = this.#turn.full(); full !== undefined; full = this.#turn.full()) await full;
        started = this.#next(pool, share);
      }
    } finally {
      share.held--;
      this.#request(pool, share);
    }
  }

  /** The task for a slot that is free now. */
  #next(pool: Pool, share: Share): Started | undefined {
    this.#used++;
    const started = share.ahead.shift() ?? this.#user.start(pool);
    this.#startAhead(pool, share);
    return started;
  }

  #startAhead(pool: Pool, { ahead }: Share): void {
    const window = this.#mayStartAhead ? this.pace.ahead(this.#executor.limit(pool)) : 0;
    // In bulk when half is used up: shifting and appending one by one costs more.
    if (window === 0 || ahead.length > window / 2) return;
    while (ahead.length < window) {
      const started = this.#user.start(pool);
      if (started === undefined) break;
      ahead.push(started);
    }
    if (ahead.length > 0) this.#wait();
  }

  /** Looks from time to time whether slots still become free. */
  #wait(): void {
    if (this.#cancelPatience !== undefined) return;
    const before = this.#used;
    this.#cancelPatience = this.#clock.after(PATIENCE_MS, () => {
      this.#cancelPatience = undefined;
      if (this.#used === before) this.giveBackAll();
      else if ([...this.#shares.values()].some(({ ahead }) => ahead.length > 0)) this.#wait();
    });
  }
}
