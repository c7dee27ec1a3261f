/**
 * A few things at a time, which come and go by the million. Each time a Set or Map makes itself a new table, the old one keeps pointing
 * to it: one that V8 counts as old then keeps all later ones, and what was in them, from being collected as young.
 */
export class SlotMap<T> {
  readonly #places: (T | undefined)[] = [];
  readonly #free: number[] = [];

  /** Enters it; returns its place. */
  enter(item: T): number {
    const place = this.#free.pop() ?? this.#places.length;
    this.#places[place] = item;
    return place;
  }

  /** What is at the place leaves; another may get the place then. */
  leave(place: number): void {
    this.#places[place] = undefined;
    this.#free.push(place);
  }

  /** All that are there now. */
  get all(): readonly T[] {
    return this.#places.filter((item) => item !== undefined);
  }
}
