/** Instants as RFC 3339 text in UTC; many records share one, and writing it costs more than remembering it. */
export class InstantText {
  #instant = Number.NaN;
  #text = '';

  /** `instant` in milliseconds since the epoch. */
  textOf(instant: number): string {
    if (instant !== this.#instant) {
      this.#text = new Date(instant).toISOString();
      this.#instant = instant;
    }
    return this.#text;
  }
}
