import type { Automaton } from './automaton.js';

/** A part of the text that a needle covers, and what stands in its place. */
export interface Cover {
  readonly from: number;
  readonly to: number;
  readonly mark: string;
}

/** Reads a text character by character, and says what is covered. Positions count from a place that moves on. */
export interface Reader {
  /** Takes the character at a position; a needle that ends with it. */
  read(code: number, at: number): Cover | undefined;
  /** Whether what was read is the beginning of no needle. */
  readonly isIdle: boolean;
  /** Whether a needle begins with the character. */
  begins(code: number): boolean;
  /** Where the needle begins that the text read up to `end` may be the beginning of; `end` when it is none. */
  begun(end: number): number;
  /** Forgets what may be the beginning of a needle. */
  forget(): void;
  /** From now on positions are less by so much. */
  moveOn(by: number): void;
}

/** Finds needles as they are. */
export class StrictReader implements Reader {
  readonly #automaton: Automaton;
  #state: number;

  constructor(automaton: Automaton) {
    this.#automaton = automaton;
    this.#state = automaton.start;
  }

  read(code: number, at: number): Cover | undefined {
    this.#state = this.#automaton.next(this.#state, code);
    const needle = this.#automaton.found(this.#state);
    if (needle === undefined) return undefined;
    return { from: at + 1 - needle.text.length, to: at + 1, mark: needle.mark };
  }

  get isIdle(): boolean {
    return this.#state === this.#automaton.start;
  }

  begins(code: number): boolean {
    return this.#automaton.begins(code);
  }

  begun(end: number): number {
    return end - this.#automaton.depth(this.#state);
  }

  forget(): void {
    this.#state = this.#automaton.start;
  }

  moveOn(): void {}
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
/** A needle with a longer gap in it is none: what is kept back must not grow for ever. */
const MAX_GAP = 256;

/**
 * Finds needles that were broken into lines: by base64, by renderers of errors, by whoever prints them in
 * parts. White space does not count, neither in the text nor in the needles, and after a line break
 * neither do borders.
 */
export class BrokenReader implements Reader {
  readonly #automaton: Automaton;
  readonly #isBorder: (code: number) => boolean;
  #state: number;
  /** Places of the characters read last, as many as a needle has: a ring, since shifting costs more. */
  readonly #places: Float64Array;
  #count = 0;
  /** Places count from the beginning of all that was read, positions from here. */
  #moved = 0;
  #newline = -1;
  /** Length of the gap being read, and whether it has a line break. */
  #gap = 0;
  #inBreak = false;

  /** The automaton's needles have no white space in them. */
  constructor(automaton: Automaton, isBorder: (code: number) => boolean) {
    this.#automaton = automaton;
    this.#isBorder = isBorder;
    this.#state = automaton.start;
    this.#places = new Float64Array(automaton.longest);
  }

  get isIdle(): boolean {
    return this.#state === this.#automaton.start;
  }

  begins(code: number): boolean {
    return this.#automaton.begins(code);
  }

  read(code: number, at: number): Cover | undefined {
    if (code <= SPACE || (this.#inBreak && this.#isBorder(code))) return this.#skip(code, at);
    this.#gap = 0;
    this.#inBreak = false;
    this.#state = this.#automaton.next(this.#state, code);
    this.#places[this.#count++ % this.#places.length] = at + this.#moved;
    const needle = this.#automaton.found(this.#state);
    if (needle === undefined) return undefined;
    const from = this.#placeBefore(needle.text.length);
    return this.#newline < from ? undefined : { from, to: at + 1, mark: needle.mark };
  }

  begun(end: number): number {
    const depth = this.#automaton.depth(this.#state);
    return depth === 0 ? end : this.#placeBefore(depth);
  }

  forget(): void {
    this.#state = this.#automaton.start;
  }

  moveOn(by: number): void {
    this.#newline -= by;
    this.#moved += by;
  }

  /** Position of the character so many before the next. */
  #placeBefore(count: number): number {
    return (this.#places[(this.#count - count) % this.#places.length] as number) - this.#moved;
  }

  #skip(code: number, at: number): undefined {
    if (code === NEWLINE) {
      this.#newline = at;
      this.#inBreak = true;
    }
    this.#gap++;
    if (this.#gap > MAX_GAP) this.forget();
  }
}

/** What is drawn beside text: `|`, `·`, box drawing. */
export function isBorder(code: number): boolean {
  return code === 0x7c || code === 0xb7 || (code >= 0x2500 && code <= 0x257f);
}

/** Whether such characters have the byte in UTF-8, as others have, too. */
export function isBorderByte(code: number): boolean {
  return code === 0x7c || code === 0xc2 || code === 0xe2 || (code >= 0x80 && code <= 0xbf);
}
