/** Somebody who waits in a {@link ClaimLine}. */
export interface Waiting {
  readonly priority: number;
  /** Slots that are wanted. */
  readonly wanted: number;
  /** Whether it never had a slot. */
  readonly isNew: boolean;
}

const MOST_IN_A_ROW = 10;

/** Those of one priority, each set in the order of its turns. */
interface Level<W> {
  readonly priority: number;
  readonly newcomers: Set<W>;
  readonly others: Set<W>;
}

/**
 * Who gets the next slot: the highest priority first; among equals by turns, one slot a turn. One that never had a slot
 * goes before the others, but not more than ten in a row, so that ever new ones don't keep the others waiting.
 */
export class ClaimLine<W extends Waiting> {
  /** Highest priority first. */
  readonly #levels: Level<W>[] = [];
  #size = 0;
  /** Newcomers that were taken one after another. */
  #inARow = 0;

  /** Those that wait. */
  get size(): number {
    return this.#size;
  }

  /** Gets in line, behind its equals. */
  add(waiting: W): void {
    const { newcomers, others } = this.#level(waiting.priority);
    (waiting.isNew ? newcomers : others).add(waiting);
    this.#size++;
  }

  /** Leaves the line; `priority` and `isNew` must be what they were when it was added. */
  remove(waiting: W): void {
    const at = this.#levels.findIndex(({ priority }) => priority === waiting.priority);
    const level = this.#levels[at];
    if (level === undefined) return;
    if (!level.newcomers.delete(waiting) && !level.others.delete(waiting)) return;
    this.#size--;
    if (level.newcomers.size + level.others.size === 0) this.#levels.splice(at, 1);
  }

  /** The one whose turn it is, taken out of the line. */
  take(): W | undefined {
    const level = this.#levels[0];
    if (level === undefined) return undefined;
    const { newcomers, others } = level;
    const takesNew = newcomers.size > 0 && (this.#inARow < MOST_IN_A_ROW || others.size === 0);
    this.#inARow = takesNew ? this.#inARow + 1 : 0;
    const [next] = takesNew ? newcomers : others;
    if (next !== undefined) this.remove(next);
    return next;
  }

  #level(priority: number): Level<W> {
    const after = this.#levels.findIndex((level) => level.priority <= priority);
    const found = this.#levels[after];
    if (found?.priority === priority) return found;
    const level = { priority, newcomers: new Set<W>(), others: new Set<W>() };
    this.#levels.splice(after === -1 ? this.#levels.length : after, 0, level);
    return level;
  }
}
