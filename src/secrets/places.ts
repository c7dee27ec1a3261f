/** Most texts need none. */
const NO_PLACES = new Float64Array(0);

/**
 * Positions of the characters read last, as many as are part of a needle: a ring, since shifting costs more. They
 * are kept from the beginning of all that was read, and given from a place that moves on.
 */
export class Places {
  #places = NO_PLACES;
  #count = 0;
  #moved = 0;

  /** Adds the position of a character, which is the last of so many that may be part of a needle. */
  add(at: number, depth: number): void {
    if (depth >= this.#places.length) this.#grow();
    this.#places[this.#count++ % this.#places.length] = at + this.#moved;
  }

  /** Position of the character so many before the next. */
  before(count: number): number {
    return (this.#places[(this.#count - count) % this.#places.length] as number) - this.#moved;
  }

  /** From now on positions are less by so much. */
  moveOn(by: number): void {
    this.#moved += by;
  }

  /** Most texts have no more than the first few characters of a needle. */
  #grow(): void {
    const { length } = this.#places;
    const bigger = new Float64Array(Math.max(64, length * 2));
    for (let n = Math.max(0, this.#count - length); n < this.#count; n++)
      bigger[n % bigger.length] = this.#places[n % length] as number;
    this.#places = bigger;
  }
}
