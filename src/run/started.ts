/** An attempt whose task.started is appended; its code may run once that is on disk. */
export class Started {
  readonly task: string;
  /** 1 for the first. */
  readonly attempt: number;
  #isDurable: boolean | undefined;
  #settle: ((isDurable: boolean) => void) | undefined;

  constructor(task: string, attempt: number) {
    this.task = task;
    this.attempt = attempt;
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
