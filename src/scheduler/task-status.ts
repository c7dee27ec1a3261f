/** Where a task of a frontier stands, as small numbers for typed arrays. From SUCCEEDED on it has ended. */
export const WAITING = 0;
export const READY = 1;
/** Handed out by the frontier; the record that says so is due next. */
export const CHOSEN = 2;
export const RUNNING = 3;
export const RETRYING = 4;
export const PROBING = 5;
export const HELD = 6;
export const SUCCEEDED = 7;
export const FAILED = 8;
export const UPSTREAM_FAILED = 9;
export const SKIPPED = 10;
export const CANCELLED = 11;

const STATUSES = 12;

/** How many tasks of a run stand where. */
export interface Counts {
  readonly total: number;
  /** Ended, in whatever way: the sum of the next five. */
  readonly done: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly upstreamFailed: number;
  readonly cancelled: number;
  readonly running: number;
  /** Waiting for the time of their next attempt. */
  readonly retrying: number;
  /** Ended without an outcome, their probe being asked. */
  readonly probing: number;
  /** Held for a decision. */
  readonly interrupted: number;
}

/** The status of each task, and how many have it. All begin as waiting. */
export class TaskStatuses {
  readonly #statuses: Uint8Array;
  readonly #counts = new Int32Array(STATUSES);
  #done = 0;

  constructor(size: number) {
    this.#statuses = new Uint8Array(size);
    this.#counts[WAITING] = size;
  }

  of(task: number): number {
    return this.#statuses[task] as number;
  }

  set(task: number, status: number): void {
    const before = this.of(task);
    this.#counts[before] = this.count(before) - 1;
    this.#counts[status] = this.count(status) + 1;
    this.#done += Number(status >= SUCCEEDED) - Number(before >= SUCCEEDED);
    this.#statuses[task] = status;
  }

  /** Tasks that are chosen or run, looked for among all. */
  *underWay(): Iterable<number> {
    for (const status of [CHOSEN, RUNNING]) {
      let task = this.#statuses.indexOf(status);
      for (; task !== -1; task = this.#statuses.indexOf(status, task + 1)) yield task;
    }
  }

  count(status: number): number {
    return this.#counts[status] as number;
  }

  get done(): number {
    return this.#done;
  }

  get allDone(): boolean {
    return this.#done === this.#statuses.length;
  }

  get counts(): Counts {
    return {
      total: this.#statuses.length,
      done: this.#done,
      succeeded: this.count(SUCCEEDED),
      failed: this.count(FAILED),
      skipped: this.count(SKIPPED),
      upstreamFailed: this.count(UPSTREAM_FAILED),
      cancelled: this.count(CANCELLED),
      running: this.count(RUNNING),
      retrying: this.count(RETRYING),
      probing: this.count(PROBING),
      interrupted: this.count(HELD),
    };
  }
}
