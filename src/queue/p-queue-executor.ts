import PQueue from 'p-queue';
import { InvalidDefinitionError, InvalidOptionError, quote } from '../errors.js';
import type { Executor, PoolOptions } from './executor.js';

/** Limits of a {@link PQueueExecutor}. */
export interface ExecutorOptions {
  /** Jobs at once in the default pool, at least 1. */
  readonly concurrency: number;
  readonly pools?: Readonly<Record<string, PoolOptions>> | undefined;
}

/**
 * Slots by p-queue, one queue a pool. Of p-queue only the queue is used: its timeouts and signals
 * would free a slot while the work goes on, and a throwing listener on its events can stall it.
 */
export class PQueueExecutor implements Executor {
  readonly #main: PQueue;
  readonly #pools: ReadonlyMap<string, PQueue>;

  constructor({ concurrency, pools = {} }: ExecutorOptions) {
    this.#main = queueOf({ concurrency }, 'concurrency');
    this.#pools = new Map(
      Object.entries(pools).map(([name, options]) => [name, queueOf(options, `pools.${name}`)]),
    );
  }

  limit(pool?: string): number {
    return this.#queue(pool).concurrency;
  }

  submit(
    job: () => Promise<void>,
    options: { readonly priority?: number; readonly pool?: string } = {},
  ): void {
    const { priority = 0, pool } = options;
    // A job's own errors are its own business; here they may only free the slot.
    void this.#queue(pool).add(() => job().catch(() => {}), { priority });
  }

  async idle(): Promise<void> {
    await Promise.all([this.#main, ...this.#pools.values()].map((queue) => queue.onIdle()));
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

function queueOf({ concurrency, rate }: PoolOptions, option: string): PQueue {
  atLeastOne(concurrency, option);
  if (rate === undefined) return new PQueue({ concurrency });
  atLeastOne(rate.count, `${option}.rate.count`);
  atLeastOne(rate.intervalMs, `${option}.rate.intervalMs`);
  return new PQueue({ concurrency, intervalCap: rate.count, interval: rate.intervalMs });
}

function atLeastOne(value: number, option: string): void {
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidOptionError(option, `must be a whole number of at least 1, not ${value}`);
}
