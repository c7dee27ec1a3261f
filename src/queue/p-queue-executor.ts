import PQueue from 'p-queue';
import { didYouMean } from '../definition/nearest.js';
import { InvalidDefinitionError, InvalidOptionError, quote } from '../errors.js';
import { type Cancel, type Clock, systemClock } from '../platform/clock.js';
import { ClaimLine, type Waiting } from './claim-line.js';
import type { Claim, Executor, PoolOptions, Slot } from './executor.js';
import { Rate } from './rate.js';

/** Limits of a {@link PQueueExecutor}. */
export interface ExecutorOptions {
  /** Jobs at once in the default pool, at least 1. */
  readonly concurrency: number;
  readonly pools?: Readonly<Record<string, PoolOptions>> | undefined;
  /** What rates are measured by; default the machine's. */
  readonly clock?: Clock | undefined;
}

/** Node's timers fire at once when asked for more. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Of p-queue: what does not take turns goes first. */
const FIRST = { priority: 1 };

/** Slots by p-queue, one queue a pool. */
export class PQueueExecutor implements Executor {
  readonly #main: PoolQueue;
  readonly #pools: ReadonlyMap<string, PoolQueue>;
  #holds = 0;

  /** Throws InvalidOptionError for a limit or rate out of its range. */
  constructor({ concurrency, pools = {}, clock = systemClock }: ExecutorOptions) {
    checkLimits({ concurrency }, '');
    for (const [name, options] of Object.entries(pools)) checkLimits(options, `pools.${name}.`);
    this.#main = new PoolQueue({ concurrency }, clock);
    this.#pools = new Map(
      Object.entries(pools).map(([name, options]) => [name, new PoolQueue(options, clock)]),
    );
  }

  limit(pool?: string): number {
    return this.#queue(pool).queue.concurrency;
  }

  isRated(pool?: string): boolean {
    return this.#queue(pool).rate !== undefined;
  }

  free(): number {
    const { concurrency, pending, size } = this.#main.queue;
    return this.#holds > 0 ? 0 : Math.max(0, concurrency - pending - size);
  }

  claim(use: (slot: Slot) => Promise<void>, pool?: string): Claim {
    return new PoolClaim(this.#queue(pool), use);
  }

  submit(job: () => Promise<void>, pool?: string): void {
    void this.#queue(pool).queue.add(() => quietly(job), FIRST);
  }

  /** Counts starts in a rated pool that happened before this process came, by how long ago, ms. A pool without a rate counts none. */
  remember(pool: string, agesMs: readonly number[]): void {
    this.#pools.get(pool)?.rate?.remember(agesMs);
  }

  hold(): () => void {
    if (this.#holds++ === 0) for (const { queue } of this.#all()) queue.pause();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      if (--this.#holds === 0) for (const { queue } of this.#all()) queue.start();
    };
  }

  async idle(): Promise<void> {
    const pools = this.#all();
    // The last job of one pool may have submitted to another that was idle before.
    while (pools.some((pool) => pool.isBusy)) await Promise.all(pools.map((pool) => pool.idle()));
  }

  #all(): readonly PoolQueue[] {
    return [this.#main, ...this.#pools.values()];
  }

  #queue(pool: string | undefined): PoolQueue {
    if (pool === undefined) return this.#main;
    const queue = this.#pools.get(pool);
    if (queue !== undefined) return queue;
    const known = [...this.#pools.keys()];
    const list = known.map(quote).join(', ') || 'none';
    throw new InvalidDefinitionError(
      'pool',
      `there is no pool ${quote(pool)} (known: ${list})${didYouMean(pool, known) || '; add it to Orchestrator.open({ pools })'}`,
    );
  }
}

/**
 * A pool's slots. Of p-queue only the queue and its limit are used: its timeouts and signals would free a slot while the work
 * goes on, a throwing listener on its events can stall it, and its rates follow the wall clock and count what never starts.
 *
 * p-queue gets one entry for each slot that is wanted (and, in a pool with a rate, may be used now). An entry is for nobody
 * in particular: whose turn it is, is decided when its slot is there.
 */
class PoolQueue {
  readonly queue: PQueue;
  readonly rate: Rate | undefined;
  readonly #clock: Clock;
  readonly #line = new ClaimLine<PoolClaim>();
  /** Slots wanted by all that are in line. */
  #wanted = 0;
  /** Entries of the queue that wait for their slot. */
  #entries = 0;
  #cancelWake: Cancel | undefined;

  constructor({ concurrency, rate }: PoolOptions, clock: Clock) {
    this.queue = new PQueue({ concurrency });
    this.rate = rate === undefined ? undefined : new Rate(clock, rate.count, rate.intervalMs);
    this.#clock = clock;
  }

  get isBusy(): boolean {
    return this.queue.size + this.queue.pending + this.#wanted > 0;
  }

  /** Resolves when it may be idle. */
  async idle(): Promise<void> {
    await this.queue.onIdle();
    // What waits for the rate is not in the queue.
    if (this.#wanted > 0) await new Promise<void>((resolve) => this.#clock.after(1, resolve));
  }

  /** Whether nobody else waits for the slot of this claim. */
  canReuse(claim: PoolClaim): boolean {
    if (this.rate !== undefined || this.queue.isPaused) return false;
    return this.queue.size <= this.#entries && this.#line.size === (claim.wanted > 0 ? 1 : 0);
  }

  /** Takes in what a claim wants now. Its turn stays, unless it leaves the line or its priority changes. */
  want(claim: PoolClaim, count: number, priority: number): void {
    const staysInLine = claim.wanted > 0 && count > 0 && priority === claim.priority;
    if (!staysInLine && claim.wanted > 0) this.#line.remove(claim);
    this.#wanted += count - claim.wanted;
    claim.wanted = count;
    claim.priority = priority;
    if (!staysInLine && count > 0) this.#line.add(claim);
    this.#fill();
  }

  /** Queues entries for the slots that are wanted, as far as the rate lets them begin. */
  #fill(): void {
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    while (this.#entries < this.#wanted) {
      if (this.rate?.reserve() === false) break;
      this.#entries++;
      void this.queue.add(() => this.#serve());
    }
    if (this.#entries < this.#wanted) this.#wakeLater();
  }

  /** With none in the window, it is reserved starts that are waited for. */
  #wakeLater(): void {
    const waitMs = this.rate?.waitMs;
    if (waitMs !== undefined) this.#cancelWake = this.#clock.after(waitMs, () => this.#fill());
  }

  /** Gives a slot to whoever's turn it is. */
  async #serve(): Promise<void> {
    await undefined; // p-queue calls a job within `add` when a slot is free
    this.#entries--;
    const claim = this.#line.take();
    if (claim === undefined) return this.#cancelReserved();
    this.#wanted--;
    claim.granted();
    if (claim.wanted > 0) this.#line.add(claim);
    let hasBegun = false;
    const begins = (): void => {
      hasBegun = true;
      this.rate?.begin();
      if (this.rate !== undefined) this.#fill();
    };
    await quietly(() => claim.use({ canReuse: () => this.canReuse(claim), begins }));
    if (!hasBegun) this.#cancelReserved();
  }

  #cancelReserved(): void {
    if (this.rate === undefined) return;
    this.rate.cancel();
    this.#fill();
  }
}

class PoolClaim implements Claim, Waiting {
  readonly use: (slot: Slot) => Promise<void>;
  readonly #pool: PoolQueue;
  wanted = 0;
  priority = 0;
  isNew = true;

  constructor(pool: PoolQueue, use: (slot: Slot) => Promise<void>) {
    this.#pool = pool;
    this.use = use;
  }

  want(count: number, priority = 0): void {
    if (count === this.wanted && (priority === this.priority || count === 0)) return;
    this.#pool.want(this, count, priority);
  }

  /** It got a slot. */
  granted(): void {
    this.wanted--;
    this.isNew = false;
  }
}

async function quietly(job: () => Promise<void>): Promise<void> {
  await undefined; // as above
  try {
    await job();
  } catch {
    // A job's errors are its own business; here they may only free the slot.
  }
}

function checkLimits({ concurrency, rate }: PoolOptions, path: string): void {
  wholeNumber(concurrency, `${path}concurrency`);
  if (rate === undefined) return;
  wholeNumber(rate.count, `${path}rate.count`);
  wholeNumber(rate.intervalMs, `${path}rate.intervalMs`, MAX_TIMER_MS);
}

function wholeNumber(value: number, option: string, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? 'of at least 1' : `from 1 to ${most}`;
  throw new InvalidOptionError(option, `must be a whole number ${range}, not ${value}`);
}
