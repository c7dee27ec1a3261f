import type { Edges } from '../dag/plan.js';
import { FAILED, SKIPPED, SUCCEEDED, UPSTREAM_FAILED } from './task-status.js';
import type { Upstream } from './trigger-rules.js';

/** How the needs of every task ended so far, counted as they end. */
export class UpstreamCounts {
  readonly #needs: Edges;
  /** Of each task four, see {@link counterOf}; in one array, since a run of few tasks is mostly such objects. */
  readonly #counts: Int32Array;

  constructor(needs: Edges, size: number) {
    this.#needs = needs;
    this.#counts = new Int32Array(size * COUNTERS);
  }

  /** One of the task's needs ended with a status. */
  add(task: number, status: number): void {
    const at = task * COUNTERS + counterOf(status);
    this.#counts[at] = (this.#counts[at] as number) + 1;
  }

  of(task: number): Upstream {
    const { offsets } = this.#needs;
    return {
      total: (offsets[task + 1] as number) - (offsets[task] as number),
      succeeded: this.#count(task, counterOf(SUCCEEDED)),
      failed: this.#count(task, counterOf(FAILED)),
      upstreamFailed: this.#count(task, counterOf(UPSTREAM_FAILED)),
      skipped: this.#count(task, counterOf(SKIPPED)),
    };
  }

  #count(task: number, counter: number): number {
    return this.#counts[task * COUNTERS + counter] as number;
  }
}

const COUNTERS = 4;

/** Where ends of a status are counted: whatever is no success, and was not kept from starting, failed. */
function counterOf(status: number): number {
  if (status === SUCCEEDED) return 0;
  if (status === SKIPPED) return 1;
  return status === UPSTREAM_FAILED ? 2 : 3;
}

/** The share of a single ended task in an {@link Upstream} of `total`. */
export function upstreamOfOne(status: number, total: number): Upstream {
  const succeeded = Number(status === SUCCEEDED);
  const upstreamFailed = Number(status === UPSTREAM_FAILED);
  const skipped = Number(status === SKIPPED);
  const failed = Number(status >= SUCCEEDED) - succeeded - upstreamFailed - skipped;
  return { total, succeeded, failed, upstreamFailed, skipped };
}
