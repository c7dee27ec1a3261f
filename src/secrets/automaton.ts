/** A text to look for, and what stands in its place. */
export interface Needle {
  readonly text: string;
  readonly mark: string;
}

const ROOT = 0;
const NONE = -1;

/**
 * Finds many texts in one pass over another, however they overlap, and can stop and go on at any
 * character (Aho and Corasick, Efficient String Matching, 1975). A state is the longest beginning of a
 * needle that the text read so far ends with: its depth is all that must be remembered of the text.
 *
 * Made in time and memory linear in the needles' characters (about 40 bytes each): edges are in one table of
 * numbers, as Maps would take 7 µs and 200 bytes a character.
 */
export class Automaton {
  readonly start = ROOT;
  /** Length of the longest needle. */
  readonly longest: number;
  /** Edges: an open hash table of states by the state before and the character. */
  readonly #table: Int32Array;
  readonly #mask: number;
  /** Edges out of the root by code: most of a text is read there. */
  readonly #root: Int32Array;
  /** By state: the state before, and the character between them. */
  readonly #parent: Int32Array;
  readonly #code: Uint16Array;
  /** By state: characters of the needle read. */
  readonly #depth: Int32Array;
  /** By state: the state of the longest shorter ending that is a beginning too. */
  readonly #shorter: Int32Array;
  /** By state: index of the longest needle that ends here. */
  readonly #found: Int32Array;
  readonly #needles: readonly Needle[];
  #states = 1;

  constructor(needles: readonly Needle[]) {
    this.#needles = needles;
    const most = needles.reduce((sum, { text }) => sum + text.length, 1);
    const size = 2 ** Math.ceil(Math.log2(most * 2));
    this.#table = new Int32Array(size).fill(NONE);
    this.#mask = size - 1;
    this.#parent = new Int32Array(most);
    this.#code = new Uint16Array(most);
    this.#depth = new Int32Array(most);
    this.#shorter = new Int32Array(most);
    this.#found = new Int32Array(most).fill(NONE);
    for (const [index, needle] of needles.entries()) this.#add(needle, index);
    this.longest = needles.reduce((length, { text }) => Math.max(length, text.length), 0);
    const codes = needles.flatMap(({ text }) => (text === '' ? [] : [text.charCodeAt(0)]));
    this.#root = new Int32Array(codes.reduce((last, code) => Math.max(last, code), -1) + 1);
    for (const code of codes) this.#root[code] = Math.max(ROOT, this.#edge(ROOT, code));
    this.#link();
  }

  /** The state after one more character. */
  next(state: number, code: number): number {
    for (let at = state; at !== ROOT; at = this.#shorter[at] as number) {
      const next = this.#edge(at, code);
      if (next !== NONE) return next;
    }
    return this.#root[code] ?? ROOT;
  }

  /** Whether a needle begins with the character. */
  begins(code: number): boolean {
    return this.#root[code] !== undefined && this.#root[code] !== ROOT;
  }

  /** How many of the characters read last may be the beginning of a needle. */
  depth(state: number): number {
    return this.#depth[state] as number;
  }

  /** The longest needle that ends with the character read last. */
  found(state: number): Needle | undefined {
    return this.#needles[this.#found[state] as number];
  }

  #add({ text }: Needle, index: number): void {
    let state = ROOT;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      const next = this.#edge(state, code);
      state = next === NONE ? this.#enter(state, code, i + 1) : next;
    }
    if (state !== ROOT && this.#found[state] === NONE) this.#found[state] = index;
  }

  #enter(parent: number, code: number, depth: number): number {
    const state = this.#states++;
    this.#parent[state] = parent;
    this.#code[state] = code;
    this.#depth[state] = depth;
    this.#table[this.#slot(parent, code)] = state;
    return state;
  }

  #edge(parent: number, code: number): number {
    return this.#table[this.#slot(parent, code)] as number;
  }

  /** Where the edge is, or would be. */
  #slot(parent: number, code: number): number {
    let slot = (Math.imul(parent, 0x9e3779b1) ^ Math.imul(code + 1, 0x85ebca6b)) & this.#mask;
    for (
      let state = this.#table[slot] as number;
      state !== NONE;
      state = this.#table[slot] as number
    ) {
      if (this.#parent[state] === parent && this.#code[state] === code) break;
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  /** Shallow states first: a state's shorter ending is less deep than itself. */
  #link(): void {
    for (const state of this.#byDepth()) {
      const parent = this.#parent[state] as number;
      const shorter =
        parent === ROOT
          ? ROOT
          : this.next(this.#shorter[parent] as number, this.#code[state] as number);
      this.#shorter[state] = shorter;
      if (this.#found[state] === NONE) this.#found[state] = this.#found[shorter] as number;
    }
  }

  /** All states but the root; sorted by counting. */
  #byDepth(): Int32Array {
    const places = new Int32Array(this.longest + 2);
    for (let state = 1; state < this.#states; state++)
      places[(this.#depth[state] as number) + 1] =
        (places[(this.#depth[state] as number) + 1] as number) + 1;
    for (let depth = 1; depth < places.length; depth++)
      places[depth] = (places[depth] as number) + (places[depth - 1] as number);
    const sorted = new Int32Array(this.#states - 1);
    for (let state = 1; state < this.#states; state++) {
      const depth = this.#depth[state] as number;
      sorted[places[depth] as number] = state;
      places[depth] = (places[depth] as number) + 1;
    }
    return sorted;
  }
}
