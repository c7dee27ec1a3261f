/**
 * Hands out slots: at most `concurrency` jobs at a time, and for each named pool its own limit and
 * rate. The port; the adapter is p-queue-executor.ts. It knows nothing of tasks or journals: whoever has
 * claimed a slot decides what to do with it when it comes.
 */
export interface Executor {
  /** Jobs that may run at once in the pool (default: the orchestrator's own). Throws InvalidDefinitionError for an unknown pool. */
  limit(pool?: string): number;
  /** Whether a rate counts the starts of the pool. Throws InvalidDefinitionError for an unknown pool. */
  isRated(pool?: string): boolean;
  /** Slots of the orchestrator's own that no job has and none waits for. */
  free(): number;
  /**
   * Registers somebody who will want slots of the pool, one for each call of `use`. The slot is held until the promise of
   * `use` settles. `use` is never called before {@link Claim.want} has returned, so that the caller can finish its own
   * bookkeeping. It must not fail; if it rejects or throws, its slot is freed all the same and the error is dropped. Throws
   * InvalidDefinitionError for an unknown pool.
   *
   * A free slot goes to the claim of the highest priority. Claims of equal priority take turns, one slot a turn; one that
   * never had a slot goes before those that had some (but for every eleventh slot, when there are always new ones).
   */
  claim(use: (slot: Slot) => Promise<void>, pool?: string): Claim;
  /**
   * Queues a job that does not take turns: it gets a slot before all claims, first come, first served, and no rate counts
   * it. Otherwise as for {@link claim}.
   */
  submit(job: () => Promise<void>, pool?: string): void;
  /** Hands out no more slots, in any pool, until the returned function is called; what runs goes on. Holds may overlap. */
  hold(): () => void;
  /** Resolves when no job runs and none is wanted or queued, in any pool. */
  idle(): Promise<void>;
}

/** A slot that was handed out. */
export interface Slot {
  /**
   * Whether its holder may use it for more work, which costs less than to wait for another: nobody else waits for the
   * slot, nothing is on hold, and no rate counts starts.
   */
  canReuse(): boolean;
  /** The work begins now: only this counts against the pool's rate. To be called once at most. */
  begins(): void;
}

/** A place in the line for slots of a pool. */
export interface Claim {
  /** Says how many more slots are wanted now, and how important the most important work for them is (default 0); replaces what was said before. */
  want(count: number, priority?: number): void;
}

/** Limits of a named pool. */
export interface PoolOptions {
  /** Jobs at once, at least 1. */
  readonly concurrency: number;
  /**
   * At most `count` starts in any `intervalMs` milliseconds, by a clock that does not jump. Starts before a restart of the
   * orchestrator count as well.
   */
  readonly rate?: { readonly count: number; readonly intervalMs: number } | undefined;
}
