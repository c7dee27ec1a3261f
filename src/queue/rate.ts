import type { Clock } from '../platform/clock.js';

/**
 * At most `count` starts in any `intervalMs` milliseconds: a window that slides; fixed ones would let twice the count
 * through where two meet. Measured by a clock that does not jump.
 *
 * A start is reserved before it may happen and counts from when it happens; what does not happen is cancelled.
 */
export class Rate {
  readonly #clock: Clock;
  readonly #count: number;
  readonly #intervalMs: number;
  /** When the latest starts happened, oldest first, by the monotonic clock; those before `head` have left the window. */
  #starts: number[] = [];
  #head = 0;
  #reserved = 0;

  constructor(clock: Clock, count: number, intervalMs: number) {
    this.#clock = clock;
    this.#count = count;
    this.#intervalMs = intervalMs;
  }

  /** Reserves a start; false when none may happen now. */
  reserve(): boolean {
    this.#slide();
    if (this.#counted + this.#reserved >= this.#count) return false;
    this.#reserved++;
    return true;
  }

  /** A reserved start happens. */
  begin(): void {
    this.#reserved--;
    this.#starts.push(this.#clock.monotonic());
  }

  /** A reserved start does not happen. */
  cancel(): void {
    this.#reserved--;
  }

  /** Counts starts that happened before this process came, by how long ago, ms. */
  remember(agesMs: readonly number[]): void {
    const now = this.#clock.monotonic();
    this.#starts.push(...agesMs.map((age) => now - age));
    this.#starts.sort((a, b) => a - b);
  }

  /** Milliseconds until a start leaves the window; undefined when none is in it. */
  get waitMs(): number | undefined {
    this.#slide();
    const oldest = this.#starts[Math.max(this.#head, this.#starts.length - this.#count)];
    if (oldest === undefined) return undefined;
    // A timer may fire a fraction early: then it is set again, but not for no time at all.
    return Math.max(1, Math.ceil(oldest + this.#intervalMs - this.#clock.monotonic()));
  }

  get #counted(): number {
    return this.#starts.length - this.#head;
  }

  #slide(): void {
    const before = this.#clock.monotonic() - this.#intervalMs;
    const starts = this.#starts;
    while (this.#head < starts.length && (starts[this.#head] as number) <= before) this.#head++;
    if (this.#head < 1_000 && this.#head < starts.length) return;
    this.#starts = starts.slice(this.#head);
    this.#head = 0;
  }
}
