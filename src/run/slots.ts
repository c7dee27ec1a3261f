import type { Executor } from '../queue/executor.js';
import type { Cancel, Clock } from '../world/clock.js';
import { Pace } from './pace.js';
import { Turn } from './turn.js';

/** An attempt whose task.started is appended; its code may run once that is on disk. */
export interface Started {
  readonly task: string;
  readonly attempt: number;
  /** Whether it got to the disk. */
  readonly durable: Promise<boolean>;
}

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

const FIRST = { priority: Number.MAX_SAFE_INTEGER } as const;

/** A start ahead that got no slot for so long is given back, ms: what looks as if it ran should run. */
const PATIENCE_MS = 100;

/**
 * Gets a run's tasks into slots. Slots are asked for only as many as could be used, and a task is chosen
 * only when its slot is there, so that the most important one gets it.
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
  readonly #requested = new Map<Pool, number>();
  readonly #ahead = new Map<Pool, Started[]>();
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

  /** Asks for the slots that tasks could use now; `pools` are those with ready ones. */
  request(pools: Iterable<Pool>): void {
    for (const pool of pools) this.#request(pool);
    for (const [pool, ahead] of this.#ahead) if (ahead.length > 0) this.#request(pool);
  }

  #request(pool: Pool): void {
    const requested = this.#requested.get(pool) ?? 0;
    const usable = this.#user.ready(pool) + (this.#ahead.get(pool)?.length ?? 0);
    const wanted = Math.min(usable, this.#executor.limit(pool));
    for (let n = requested; n < wanted; n++)
      this.#executor.submit(() => this.#use(pool), pool === undefined ? {} : { pool });
    this.#requested.set(pool, Math.max(requested, wanted));
  }

  /** Gets work that another process left behind into a slot before anything new. */
  first(pool: Pool, work: () => Promise<void>): void {
    this.#executor.submit(work, pool === undefined ? FIRST : { ...FIRST, pool });
  }

  /** Gives back all that was started ahead: nothing more is to start. */
  giveBackAll(): void {
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
    const all = [...this.#ahead.values()].flat();
    this.#ahead.clear();
    for (const started of all) this.#user.giveBack(started);
  }

  async #use(pool: Pool): Promise<void> {
    for (let full = this.#turn.full(); full !== undefined; full = this.#turn.full()) await full;
    this.#requested.set(pool, (this.#requested.get(pool) ?? 1) - 1);
    this.#used++;
    const started = this.#ahead.get(pool)?.shift() ?? this.#user.start(pool);
    this.#startAhead(pool);
    if (started !== undefined) await this.#user.run(started);
  }

  #startAhead(pool: Pool): void {
    const window = this.#mayStartAhead ? this.pace.ahead(this.#executor.limit(pool)) : 0;
    if (window === 0) return;
    const ahead = this.#ahead.get(pool) ?? [];
    this.#ahead.set(pool, ahead);
    // In bulk when half is used up: shifting and appending one by one costs more.
    if (ahead.length > window / 2) return;
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
      else if ([...this.#ahead.values()].some((ahead) => ahead.length > 0)) this.#wait();
    });
  }
}
