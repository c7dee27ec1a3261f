import type { Cancel, Clock } from '../../platform/clock.js';
import type { Claim, Executor, Slot } from '../../queue/executor.js';
import { YieldBudget } from '../yield-budget.js';
import type { PendingStart } from './pending-start.js';
import { PrefetchWindow } from './prefetch-window.js';
import { SlotMap } from './slot-map.js';

/** The run, as its slots see it. */
export interface SlotUser {
  /** Tasks of the pool that could start now. */
  ready(pool: string | undefined): number;
  /** Rank of the most important of them, see {@link PendingStart.rank}; Infinity when there is none. */
  nextRank(pool: string | undefined): number;
  /** Priority of the task of this rank. */
  priorityOf(rank: number): number;
  /** Appends the start of the most important of them; undefined when none may start. `isAhead`: it has no slot yet. */
  start(pool: string | undefined, isAhead: boolean): PendingStart | undefined;
  /** Runs it to its end. */
  run(start: PendingStart, slot: Slot): Promise<void>;
  /** Records of a start that was written ahead that its code runs. */
  confirm(start: PendingStart): void;
  /** Records that its code did not run. */
  revert(start: PendingStart): void;
}

type Pool = string | undefined;

/** What the run has of a pool. */
interface Share {
  readonly claim: Claim;
  /** Slots it has. */
  held: number;
  /** Started on disk, without a slot; most important first. */
  ahead: PendingStart[];
}

/** A start that was written ahead is confirmed when its code runs longer than this, ms. */
const LONG_MS = 100;
/** Or when its code begins so much later, ms: it is told how long tasks take. */
const LATE_MS = 1_000;

/**
 * Gets a run's tasks into slots. Slots are asked for only as many as could be used, and a task is chosen
 * only when its slot is there, so that the most important one gets it. A slot that nobody else waits for is used
 * again for the run's next task.
 *
 * The exception is {@link PrefetchWindow}'s: of tasks shorter than a sync, some are started ahead on disk, and
 * their code runs when a slot is free. Until then they count as waiting. A ready task that is more important than
 * they are goes first.
 */
export class Slots {
  readonly pace = new PrefetchWindow();
  readonly #executor: Executor;
  readonly #clock: Clock;
  readonly #user: SlotUser;
  readonly #mayStartAhead: boolean;
  readonly #turn: YieldBudget;
  readonly #shares = new Map<Pool, Share>();
  /** Written ahead and not confirmed, their code running. */
  readonly #unconfirmed = new SlotMap<PendingStart>();
  #cancelConfirm: Cancel | undefined;

  /** `mayStartAhead`: whether every task may be retried when it was started but did not run. */
  constructor(executor: Executor, clock: Clock, user: SlotUser, mayStartAhead: boolean) {
    this.#executor = executor;
    this.#clock = clock;
    this.#user = user;
    this.#mayStartAhead = mayStartAhead;
    this.#turn = new YieldBudget(clock);
  }

  /** Asks for the slots that tasks of these pools could use now, and for no others. */
  request(pools: readonly Pool[]): void {
    for (const pool of pools) if (!this.#shares.has(pool)) this.#shares.set(pool, this.#join(pool));
    for (const [pool, share] of this.#shares) this.#request(pool, share);
  }

  #join(pool: Pool): Share {
    const share: Share = {
      claim: this.#executor.claim((slot) => this.#use(pool, share, slot), pool),
      held: 0,
      ahead: [],
    };
    return share;
  }

  #request(pool: Pool, { claim, held, ahead }: Share): void {
    const usable = this.#user.ready(pool) + ahead.length;
    const wanted = Math.max(0, Math.min(usable, this.#executor.limit(pool) - held));
    const rank = Math.min(this.#user.nextRank(pool), ahead[0]?.rank ?? Number.POSITIVE_INFINITY);
    claim.want(wanted, this.#user.priorityOf(rank));
  }

  /** Gets work that another process left behind into a slot before anything new. */
  first(pool: Pool, work: () => Promise<void>): void {
    this.#executor.submit(work, pool);
  }

  /** Nothing more is to start: gives up what was started ahead, and waits for no more slots. */
  release(): void {
    for (const share of this.#shares.values()) {
      const { ahead } = share;
      share.ahead = [];
      for (const start of ahead) this.#user.revert(start);
      share.claim.want(0);
    }
  }

  /** Nothing is recorded any more. */
  end(): void {
    this.#cancelConfirm?.();
    for (const { claim } of this.#shares.values()) claim.want(0);
  }

  async #use(pool: Pool, share: Share, slot: Slot): Promise<void> {
    share.held++;
    try {
      for (let full = this.#turn.full(); full !== undefined; full = this.#turn.full()) await full;
      for (let start = this.#next(pool, share); start !== undefined; ) {
        await (start.isAhead ? this.#runAhead(start, slot) : this.#user.run(start, slot));
        if (!slot.canReuse()) break;
        for (let full = this.#turn.full(); full !== undefined; full = this.#turn.full()) await full;
        start = this.#next(pool, share);
      }
    } finally {
      share.held--;
      this.#request(pool, share);
    }
  }

  /** The task for a slot that is free now. */
  #next(pool: Pool, share: Share): PendingStart | undefined {
    const { ahead } = share;
    const isOutranked = ahead[0] !== undefined && this.#user.nextRank(pool) < ahead[0].rank;
    const start = isOutranked ? undefined : ahead.shift();
    const next = start ?? this.#user.start(pool, false) ?? ahead.shift();
    this.#startAhead(pool, share);
    return next;
  }

  #startAhead(pool: Pool, { ahead }: Share): void {
    if (!this.#mayStartAhead || this.#executor.isRated(pool)) return;
    const window = this.pace.ahead(this.#executor.limit(pool));
    // In bulk when half is used up: shifting and appending one by one costs more.
    if (window === 0 || ahead.length > window / 2) return;
    while (ahead.length < window) {
      const start = this.#user.start(pool, true);
      if (start === undefined) break;
      insert(ahead, start);
    }
  }

  async #runAhead(start: PendingStart, slot: Slot): Promise<void> {
    if (this.#clock.monotonic() - start.appendedAtMs > LATE_MS) this.#user.confirm(start);
    const place = this.#unconfirmed.enter(start);
    this.#cancelConfirm ??= this.#clock.after(LONG_MS, () => this.#confirm([]));
    await this.#user.run(start, slot);
    this.#unconfirmed.leave(place);
  }

  /** Confirms those of `before` that still run, and looks again at the others. */
  #confirm(before: readonly PendingStart[]): void {
    this.#cancelConfirm = undefined;
    const { all } = this.#unconfirmed;
    for (const start of all) if (before.includes(start)) this.#user.confirm(start);
    const others = all.filter(({ isAhead }) => isAhead);
    if (others.length > 0)
      this.#cancelConfirm = this.#clock.after(LONG_MS, () => this.#confirm(others));
  }
}

/** Puts it where its rank belongs; mostly that is the end. */
function insert(ahead: PendingStart[], start: PendingStart): void {
  let at = ahead.length;
  while (at > 0 && (ahead[at - 1] as PendingStart).rank > start.rank) at--;
  ahead.splice(at, 0, start);
}
