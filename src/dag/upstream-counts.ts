import type { Edges } from './plan.js';
import { SKIPPED, SUCCEEDED, UPSTREAM_FAILED } from './task-status.js';
import type { Upstream } from './trigger-rules.js';

/** How the needs of every task ended so far, counted as they end. */
export class UpstreamCounts {
  readonly #needs: Edges;
  readonly #succeeded: Int32Array;
  readonly #failed: Int32Array;
  readonly #upstreamFailed: Int32Array;
  readonly #skipped: Int32Array;

  constructor(needs: Edges, size: number) {
    this.#needs = needs;
    this.#succeeded = new Int32Array(size);
    this.#failed = new Int32Array(size);
    this.#upstreamFailed = new Int32Array(size);
    this.#skipped = new Int32Array(size);
  }

  /** One of the task's needs ended with a status. */
  add(task: number, status: number): void {
    const counter = this.#counterOf(status);
    counter[task] = (counter[task] as number) + 1;
  }

  of(task: number): Upstream {
    const { offsets } = this.#needs;
    return {
      total: (offsets[task + 1] as number) - (offsets[task] as number),
      succeeded: this.#succeeded[task] as number,
      failed: this.#failed[task] as number,
      upstreamFailed: this.#upstreamFailed[task] as number,
      skipped: this.#skipped[task] as number,
    };
  }

  #counterOf(status: number): Int32Array {
    if (status === SUCCEEDED) return this.#succeeded;
    if (status === SKIPPED) return this.#skipped;
    return status === UPSTREAM_FAILED ? this.#upstreamFailed : this.#failed;
  }
}

/** The share of a single ended task in an {@link Upstream} of `total`. */
export function upstreamOfOne(status: number, total: number): Upstream {
  const succeeded = Number(status === SUCCEEDED);
  const upstreamFailed = Number(status === UPSTREAM_FAILED);
  const skipped = Number(status === SKIPPED);
  const failed = Number(status >= SUCCEEDED) - succeeded - upstreamFailed - skipped;
  return { total, succeeded, failed, upstreamFailed, skipped };
}
