/** Weight of the newest measurement. */
const NEWEST = 0.1;
/** Attempts measured before anything is concluded. */
const ENOUGH = 20;
/** Most starts put on disk ahead of their slots. */
const MOST_AHEAD = 1_000;
/** Syncs that slots must not run dry for: one in flight, the one that takes the next starts, and as much again for those that take longer. */
const SYNCS = 4;

/**
 * How long a run's attempts take beside how long their starts take to reach the disk, as moving averages.
 *
 * A slot whose task's start is on its way to the disk does no work. Where tasks are shorter than that,
 * slots mostly wait; then it pays to put starts on disk ahead, as many as slots use up during one sync.
 */
export class PrefetchWindow {
  #syncMs = 0;
  #workMs = 0;
  #measured = 0;

  /** A start took so long to be durable. */
  synced(ms: number): void {
    this.#syncMs = average(this.#syncMs, ms, this.#measured);
  }

  /** An attempt took so long. */
  worked(ms: number): void {
    this.#workMs = average(this.#workMs, ms, this.#measured);
    this.#measured++;
  }

  /** Starts to have on disk ahead for so many slots; 0 unless tasks are shorter than a sync. */
  ahead(slots: number): number {
    if (this.#measured < ENOUGH || this.#workMs >= this.#syncMs) return 0;
    const usedInOneSync = (slots * this.#syncMs) / Math.max(this.#workMs, 0.001);
    return Math.min(MOST_AHEAD, Math.ceil(SYNCS * usedInOneSync));
  }
}

function average(before: number, now: number, measured: number): number {
  return measured === 0 ? now : before + (now - before) * NEWEST;
}
