/**
 * Hands out slots: at most `concurrency` jobs at a time, and for each named pool its own limit and
 * rate. The port; the adapter is p-queue-executor.ts. It knows nothing of tasks or journals: a job
 * decides what to do with its slot when it gets it.
 */
export interface Executor {
  /** Jobs that may run at once in the pool (default: the orchestrator's own). Throws InvalidDefinitionError for an unknown pool. */
  limit(pool?: string): number;
  /** Slots of the orchestrator's own that no job has and none waits for. */
  free(): number;
  /**
   * Queues a job. It runs when a slot is free, higher priority first, then first come; never before
   * `submit` has returned, so that the caller can finish its own bookkeeping. The slot is held until
   * the job's promise settles. A job must not fail; if it rejects or throws, its slot is freed all the
   * same and the error is dropped. Throws InvalidDefinitionError for an unknown pool.
   *
   * A job that has more to do may go on in its slot while `mayGoOn` says so, which costs less than to queue again: nobody waits
   * for the slot, nothing is on hold, and no rate counts its starts.
   */
  submit(
    job: (mayGoOn: () => boolean) => Promise<void>,
    options?: { readonly priority?: number; readonly pool?: string },
  ): void;
  /** Starts no more jobs, in any pool, until the returned function is called; those that run go on. Holds may overlap. */
  hold(): () => void;
  /** Resolves when no job runs and none is queued, in any pool. */
  idle(): Promise<void>;
}

/** Limits of a named pool. */
export interface PoolOptions {
  /** Jobs at once, at least 1. */
  readonly concurrency: number;
  /** At most `count` starts in any `intervalMs` milliseconds. */
  readonly rate?: { readonly count: number; readonly intervalMs: number } | undefined;
}
