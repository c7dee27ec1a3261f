import PQueue from 'p-queue';
import { InvalidDefinitionError, InvalidOptionError, quote } from '../errors.js';
import type { Executor, PoolOptions } from './executor.js';

/** Limits of a {@link PQueueExecutor}. */
export interface ExecutorOptions {
  /** Jobs at once in the default pool, at least 1. */
  readonly concurrency: number;
  readonly pools?: Readonly<Record<string, PoolOptions>> | undefined;
}

/** Node's timers fire at once when asked for more. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Slots by p-queue, one queue a pool. Of p-queue only the queue is used: its timeouts and signals
 * would free a slot while the work goes on, and a throwing listener on its events can stall it.
 */
export class PQueueExecutor implements Executor {
  readonly #main: PQueue;
  readonly #pools: ReadonlyMap<string, PQueue>;
  /** Of pools whose starts are counted by the queue. */
  readonly #rated: ReadonlySet<PQueue>;
  #holds = 0;

  /** Throws InvalidOptionError for a limit or rate out of its range. */
  constructor({ concurrency, pools = {} }: ExecutorOptions) {
    this.#main = queueOf({ concurrency }, '');
    this.#pools = new Map(
      Object.entries(pools).map(([name, options]) => [name, queueOf(options, `pools.${name}.`)]),
    );
    const rated = Object.keys(pools).filter((name) => pools[name]?.rate !== undefined);
    this.#rated = new Set(rated.map((name) => this.#queue(name)));
  }

  limit(pool?: string): number {
    return this.#queue(pool).concurrency;
  }

  free(): number {
    const { concurrency, pending, size } = this.#main;
    return this.#holds > 0 ? 0 : Math.max(0, concurrency - pending - size);
  }

  submit(
    job: (mayGoOn: () => boolean) => Promise<void>,
    options: { readonly priority?: number; readonly pool?: string } = {},
  ): void {
    const { priority = 0, pool } = options;
    const queue = this.#queue(pool);
    const mayGoOn = (): boolean => this.#holds === 0 && queue.size === 0 && !this.#rated.has(queue);
    void queue.add(() => quietly(() => job(mayGoOn)), { priority });
  }

  hold(): () => void {
    if (this.#holds++ === 0) for (const queue of this.#queues()) queue.pause();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      if (--this.#holds === 0) for (const queue of this.#queues()) queue.start();
    };
  }

  async idle(): Promise<void> {
    const queues = this.#queues();
    // The last job of one pool may have submitted to another that was idle before.
    while (queues.some((queue) => queue.size + queue.pending > 0))
      await Promise.all(queues.map((queue) => queue.onIdle()));
  }

  #queues(): readonly PQueue[] {
    return [this.#main, ...this.#pools.values()];
  }

  #queue(pool: string | undefined): PQueue {
    if (pool === undefined) return this.#main;
    const queue = this.#pools.get(pool);
    if (queue !== undefined) return queue;
    const known = [...this.#pools.keys()].map(quote).join(', ') || 'none';
    throw new InvalidDefinitionError(
      'pool',
      `there is no pool ${quote(pool)} (known: ${known}); add it to Orchestrator.open({ pools })`,
    );
  }
}

async function quietly(job: () => Promise<void>): Promise<void> {
  await undefined; // p-queue calls a job within `add` when a slot is free
  try {
    await job();
  } catch {
    // A job's errors are its own business; here they may only free the slot.
  }
}

function queueOf({ concurrency, rate }: PoolOptions, path: string): PQueue {
  wholeNumber(concurrency, `${path}concurrency`);
  if (rate === undefined) return new PQueue({ concurrency });
  wholeNumber(rate.count, `${path}rate.count`);
  wholeNumber(rate.intervalMs, `${path}rate.intervalMs`, MAX_TIMER_MS);
  // Strict: a sliding window; fixed ones let twice the count through where two meet.
  const limits = { intervalCap: rate.count, interval: rate.intervalMs, strict: true };
  return new PQueue({ concurrency, ...limits });
}

function wholeNumber(value: number, option: string, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? 'of at least 1' : `from 1 to ${most}`;
  throw new InvalidOptionError(option, `must be a whole number ${range}, not ${value}`);
}
