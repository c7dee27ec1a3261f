/** A text to look for, and what stands in its place. */
export interface Needle {
  readonly text: string;
  readonly mark: string;
}

const ROOT = 0;
/** Transitions are keyed by state and UTF-16 code unit in one number. */
const CODES = 65_536;

/**
 * Finds many texts in one pass over another, however they overlap, and can stop and go on at any
 * character (Aho and Corasick, Efficient String Matching, 1975). A state is the longest beginning of a
 * needle that the text read so far ends with: its depth is all that must be remembered of the text.
 */
export class Automaton {
  readonly start = ROOT;
  /** Length of the longest needle. */
  readonly longest: number;
  readonly #edges = new Map<number, number>();
  /** Edges out of the root by code: most of a text is read there. */
  readonly #root: Int32Array;
  /** By state: characters of the needle read. */
  readonly #depth: number[] = [0];
  /** By state: the state of the longest shorter ending that is a beginning too. */
  readonly #shorter: number[] = [ROOT];
  /** By state: the longest needle that ends here. */
  readonly #found: (Needle | undefined)[] = [undefined];

  constructor(needles: readonly Needle[]) {
    for (const needle of needles) this.#add(needle);
    this.longest = needles.reduce((most, { text }) => Math.max(most, text.length), 0);
    const codes = needles.flatMap(({ text }) => (text === '' ? [] : [text.charCodeAt(0)]));
    this.#root = new Int32Array(codes.reduce((most, code) => Math.max(most, code), -1) + 1);
    for (const code of codes) this.#root[code] = this.#edges.get(code) ?? ROOT;
    this.#link();
  }

  /** The state after one more character. */
  next(state: number, code: number): number {
    for (let at = state; at !== ROOT; at = this.#shorter[at] as number) {
      const next = this.#edges.get(at * CODES + code);
      if (next !== undefined) return next;
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
    return this.#found[state];
  }

  #add(needle: Needle): void {
    let state = ROOT;
    for (let i = 0; i < needle.text.length; i++) {
      const key = state * CODES + needle.text.charCodeAt(i);
      const next = this.#edges.get(key) ?? this.#depth.length;
      if (next === this.#depth.length) {
        this.#edges.set(key, next);
        this.#depth.push(i + 1);
        this.#shorter.push(ROOT);
        this.#found.push(undefined);
      }
      state = next;
    }
    if (state !== ROOT) this.#found[state] ??= needle;
  }

  /** Shallow states first: a state's shorter ending is less deep than itself. */
  #link(): void {
    const edges = [...this.#edges].sort(
      ([, a], [, b]) => (this.#depth[a] as number) - (this.#depth[b] as number),
    );
    for (const [key, state] of edges) {
      const parent = Math.floor(key / CODES);
      const shorter =
        parent === ROOT ? ROOT : this.next(this.#shorter[parent] as number, key % CODES);
      this.#shorter[state] = shorter;
      this.#found[state] ??= this.#found[shorter];
    }
  }
}
