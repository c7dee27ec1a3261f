/** Repeatable chance: the same seed gives the same numbers (sfc32, seeded by splitmix32). */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `seed`: a whole number from 0 to 2^53. `stream` gives one seed several independent sequences. */
  constructor(seed: number, stream = 0) {
    const mix = splitmix(seed >>> 0, Math.floor(seed / 2 ** 32) ^ Math.imul(stream, 0x9e3779b1));
    this.#a = mix();
    this.#b = mix();
    this.#c = mix();
    for (let n = 0; n < 8; n++) this.next();
  }

  /** In [0, 1). */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `low` to `high`, both possible. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** Small numbers as likely as big ones of the same order: 1–10 comes as often as 10–100. */
  spread(low: number, high: number): number {
    return Math.round(low * (high / low) ** this.next());
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.next() * from.length)] as T;
  }
}

/** Each number of one sequence seeds another, so that two kinds of choices don't disturb each other. */
function splitmix(low: number, high: number): () => number {
  let state = (low ^ Math.imul(high | 0, 0x85ebca6b)) | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) | 0;
  };
}
