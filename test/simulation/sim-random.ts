import type { Random } from '../../src/platform/random.js';
import type { Prng } from './prng.js';

/** Chance from a seed. */
export class SimRandom implements Random {
  readonly #prng: Prng;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  next(): number {
    return this.#prng.next();
  }

  hex(bytes: number): string {
    let text = '';
    for (let n = 0; n < bytes; n++)
      text += this.#prng.between(0, 255).toString(16).padStart(2, '0');
    return text;
  }
}
