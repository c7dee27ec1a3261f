/** An attempt whose task.started is appended; its code may run once that is on disk and it has a slot. */
export class PendingStart {
  readonly task: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** How important its task is in the run; 0 is the most important. */
  readonly rank: number;
  /** Written before there was a slot, and nothing has said since that its code runs. */
  isAhead: boolean;
  /** When it was appended, by the monotonic clock. */
  readonly appendedAtMs: number;
  #isDurable: boolean | undefined;
  #settle: ((isDurable: boolean) => void) | undefined;

  constructor(
    { task, attempt, rank }: { task: string; attempt: number; rank: number },
    { isAhead, appendedAtMs }: { isAhead: boolean; appendedAtMs: number },
  ) {
    this.task = task;
    this.attempt = attempt;
    this.rank = rank;
    this.isAhead = isAhead;
    this.appendedAtMs = appendedAtMs;
  }

  /** It got to the disk, or will not. */
  settled(isDurable: boolean): void {
    this.#isDurable = isDurable;
    this.#settle?.(isDurable);
  }

  /** Whether it got to the disk: a promise only while it is on its way, since most that were started ahead are there. For one caller. */
  get durable(): boolean | Promise<boolean> {
    return (
      this.#isDurable ??
      new Promise((resolve) => {
        this.#settle = resolve;
      })
    );
  }
}
