import type { JournalRecord } from '../../journal/records/record.js';

/** A record on its way to the disk, and who waits for it: told `true` when it is there, `false` when it will not be. */
export interface Unsynced {
  readonly record: JournalRecord;
  readonly settled?: ((durable: boolean) => void) | undefined;
}

/** Records in the order of their `seq`; taking from the front costs the same however long the queue is. */
export class DurableQueue {
  #items: (Unsynced | undefined)[] = [];
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#items.length;
  }

  push(item: Unsynced): void {
    this.#items.push(item);
  }

  /** The first record, when its `seq` is not above the given one. */
  take(upTo: number): Unsynced | undefined {
    const item = this.#items[this.#head];
    if (item === undefined || item.record.seq > upTo) return undefined;
    // Or the array, which gets old, keeps what was in it alive, and V8 takes that for old as well.
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) this.#clear();
    return item;
  }

  /** Gives up on what is left. */
  abandon(): void {
    const left = this.#items.slice(this.#head);
    this.#clear();
    for (const item of left) item?.settled?.(false);
  }

  #clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
