import type { Automaton } from './automaton.js';
import { JsonEscape } from './json-escapes.js';

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
const ESCAPE = 0x1b;
const BACKSLASH = 0x5c;
/** Most texts need none. */
const NO_PLACES = new Float64Array(0);
/** Characters of a needle that a table's column holds at least: fewer are taken for one too easily. */
const MIN_PART = 8;
/** A needle with a longer gap in it is none: what is kept back must not grow for ever. */
const MAX_GAP = 4096;

/**
 * Finds needles that were broken into lines: by base64, by renderers of errors and tables, by whoever prints them in
 * parts. White space, borders and the colours of terminals do not count, neither in the text nor in the needles, also as
 * escapes of a JSON string; but a needle that was not broken by a line's end is the strict reader's.
 */
export class BrokenReader implements Reader {
  readonly #automaton: Automaton;
  readonly #isBorder: (code: number) => boolean;
  #state: number;
  /** Places of the characters read last, as many as are part of a needle: a ring, since shifting costs more. */
  #places = NO_PLACES;
  #count = 0;
  /** Places count from the beginning of all that was read, positions from here. */
  #moved = 0;
  #newline = -1;
  /** Length of the gap being read. */
  #gap = 0;
  /** Characters of a terminal's escape sequence read so far. */
  #escape = 0;
  readonly #json = new JsonEscape();

  /** Whether what stands behind a border is passed over, up to the end of the line. */
  readonly #skipsCells: boolean;
  #isSkipping = false;

  /**
   * The automaton's needles have no white space and no borders in them. `skipsCells`: for tables in which text of other columns
   * stands between the parts of a needle.
   */
  constructor(automaton: Automaton, isBorder: (code: number) => boolean, skipsCells = false) {
    this.#automaton = automaton;
    this.#isBorder = isBorder;
    this.#skipsCells = skipsCells;
    this.#state = automaton.start;
  }

  get isIdle(): boolean {
    return this.#state === this.#automaton.start;
  }

  begins(code: number): boolean {
    return this.#automaton.begins(code);
  }

  read(code: number, at: number): Cover | undefined {
    if (this.#json.isOpen) {
      const meant = this.#json.read(code);
      if (meant === undefined) return this.#skip(SPACE, at);
      if (meant !== null && (meant <= SPACE || isBorder(meant))) return this.#skip(meant, at, true);
      if (!this.#isSkipping) this.forget();
    }
    if (this.#opensEscape(code)) {
      this.#json.open();
      return this.#skip(SPACE, at);
    }
    if (this.#isSkipping || code <= SPACE || this.#isBorder(code) || this.#isEscape(code))
      return this.#skip(code, at);
    this.#gap = 0;
    this.#state = this.#automaton.next(this.#state, code);
    if (this.#automaton.depth(this.#state) >= this.#places.length) this.#grow();
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
    this.#isSkipping = false;
    this.#json.close();
  }

  moveOn(by: number): void {
    this.#newline -= by;
    this.#moved += by;
  }

  /** Whether the character may begin an escape between two parts of a needle, and is itself of none. */
  #opensEscape(code: number): boolean {
    if (code !== BACKSLASH || this.isIdle) return false;
    return this.#isSkipping || this.#automaton.depth(this.#automaton.next(this.#state, code)) === 0;
  }

  /** Whether the character is of a sequence such as `ESC [ 1 ; 31 m`. */
  #isEscape(code: number): boolean {
    if (this.#escape === 0) return false;
    const isOpening = this.#escape === 1;
    const isFinal = code >= 0x40 && code <= 0x7e;
    this.#escape = isOpening && code === 0x5b ? 2 : isFinal || isOpening ? 0 : this.#escape;
    return !isOpening || code === 0x5b;
  }

  /** Position of the character so many before the next. */
  #placeBefore(count: number): number {
    return (this.#places[(this.#count - count) % this.#places.length] as number) - this.#moved;
  }

  /** Whether the character is the border behind a part of a needle, on that part's own line. */
  #isCellEnd(code: number, isBorder = this.#isBorder): boolean {
    if (!this.#skipsCells || this.#gap === 0 || code <= SPACE || !isBorder(code)) return false;
    const isPart = this.#automaton.depth(this.#state) >= MIN_PART;
    return isPart && this.#newline < this.#placeBefore(1);
  }

  /** Most texts have no more than the first few characters of a needle. */
  #grow(): void {
    const { length } = this.#places;
    const bigger = new Float64Array(Math.max(64, length * 2));
    for (let n = Math.max(0, this.#count - length); n < this.#count; n++)
      bigger[n % bigger.length] = this.#places[n % length] as number;
    this.#places = bigger;
  }

  /** `isMeant`: the character is what an escape stands for. */
  #skip(code: number, at: number, isMeant = false): undefined {
    if (code === NEWLINE) {
      this.#newline = at;
      this.#isSkipping = false;
    } else if (this.#isCellEnd(code, isMeant ? isBorder : undefined)) this.#isSkipping = true;
    this.#escape = code === ESCAPE ? 1 : this.#escape;
    this.#gap++;
    if (this.#gap > MAX_GAP) this.forget();
  }
}

/** What is drawn beside text: `|`, `:`, `·`, box drawing, and the hearts of one of Nushell's themes. */
export function isBorder(code: number): boolean {
  if (code < 0x80) return code === 0x7c || code === 0x3a;
  return code === 0xb7 || (code >= 0x2500 && code <= 0x257f) || code === 0x2764;
}

/** Whether such characters have the byte in UTF-8, as others have, too. */
export function isBorderByte(code: number): boolean {
  if (code < 0x80) return code === 0x7c || code === 0x3a;
  return code === 0xc2 || code === 0xe2 || (code >= 0x80 && code <= 0xbf);
}
