import { isNoSpaceError } from '../errors.js';
import type { Reserve } from '../journal/data-dir/reserve.js';
import { DiskFullError } from '../journal/storage-errors.js';
import type { Cancel, Clock } from '../platform/clock.js';

/** Between two looks whether there is space, ms. */
const EVERY_MS = 5_000;

/** Goes on with a run. What it rejects with is the caller's to note. */
type GoOn = () => Promise<unknown>;

/** Between two looks whether the disk became full while runs are at work, ms. */
const LOOK_FULL_MS = 2_000;

/**
 * Frees the reserve when the disk becomes full while runs are at work: their processes wait for space to write what came
 * of them. Lets runs that stopped for want of space go on when there is some: enough for the reserve, and as much again.
 */
export class SpaceWatch {
  readonly #clock: Clock;
  readonly #reserve: Reserve;
  readonly #waiting = new Map<string, GoOn>();
  readonly #hasRuns: () => boolean;
  #timer: Cancel | undefined;
  #fullTimer: Cancel | undefined;
  #isLooking = false;
  #isClosed = false;

  /** `hasRuns`: whether any run is at work. */
  constructor(clock: Clock, reserve: Reserve, hasRuns: () => boolean) {
    this.#clock = clock;
    this.#reserve = reserve;
    this.#hasRuns = hasRuns;
  }

  /** Takes a run that stopped; one that stopped for another reason is left alone. */
  add(run: string, error: Error, goOn: GoOn): void {
    if (this.#isClosed || !isWantOfSpace(error)) return;
    this.#waiting.set(run, goOn);
    this.#schedule();
  }

  /** The run is at work. */
  entered(run: string): void {
    this.#waiting.delete(run);
    this.#scheduleFull();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.();
    this.#fullTimer?.();
  }

  #scheduleFull(): void {
    if (this.#isClosed || !this.#reserve.canLook || !this.#hasRuns()) return;
    this.#fullTimer ??= this.#clock.after(LOOK_FULL_MS, () => void this.#lookFull(), {
      isBackground: true,
    });
  }

  async #lookFull(): Promise<void> {
    await this.#reserve.freeIfFull();
    this.#fullTimer = undefined;
    this.#scheduleFull();
  }

  #schedule(): void {
    if (this.#isClosed || this.#isLooking || this.#waiting.size === 0) return;
    this.#timer ??= this.#clock.after(EVERY_MS, () => void this.#look(), { isBackground: true });
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    this.#isLooking = true;
    try {
      await this.#reserve.ensure();
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const [, goOn] of waiting) await goOn().catch(() => {}); // it is added again, or listed as stopped
    } catch {
      // There is no space yet.
    } finally {
      this.#isLooking = false;
      this.#schedule();
    }
  }
}

function isWantOfSpace(error: Error): boolean {
  return error instanceof DiskFullError || isNoSpaceError(error.cause);
}
