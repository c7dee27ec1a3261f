import type { Automaton } from './automaton.js';
import { JsonEscape } from './json-escapes.js';
import { Places } from './places.js';
import type { Cover, Reader } from './reader.js';
import { INVALID, Utf8Reader } from './utf8.js';

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
/** Characters of a needle that a table's column holds at least: fewer are taken for one too easily. */
const MIN_PART = 8;
/** Blanks between columns of tables that have no borders. */
const MIN_BLANKS = 2;
/** A needle with a longer gap in it is none: what is kept back must not grow for ever. */
const MAX_GAP = 4096;

/** Where text of other columns may stand between the parts of a needle: nowhere, behind borders, or also behind blanks. */
type Cells = 'none' | 'bordered' | 'spaced';

/**
 * Finds needles that were broken into lines: by base64, by renderers of errors and tables, by whoever prints them in
 * parts. White space, borders and the colours of terminals do not count, neither in the text nor in the needles, also as
 * escapes of a JSON string; but a needle that was not broken by a line's end is the strict reader's.
 */
export class BrokenReader implements Reader {
  readonly #automaton: Automaton;
  #state: number;
  readonly #places = new Places();
  #newline = -1;
  /** Length of the gap being read. */
  #gap = 0;
  /** Characters of a terminal's escape sequence read so far. */
  #escape = 0;
  readonly #json = new JsonEscape();

  /** Blanks in the gap being read. */
  #blanks = 0;
  /** For texts of bytes. */
  readonly #utf8: Utf8Reader | undefined;
  readonly #cells: Cells;
  /** Whether what stands behind a cell's end is passed over, up to the end of the line. */
  #isSkipping = false;

  /** The automaton's needles have no white space and no borders in them. `isBytes`: each character of the text is a byte. */
  constructor(automaton: Automaton, isBytes: boolean, cells: Cells = 'none') {
    this.#automaton = automaton;
    this.#utf8 = isBytes ? new Utf8Reader() : undefined;
    this.#cells = cells;
    this.#state = automaton.start;
  }

  get isIdle(): boolean {
    return this.#state === this.#automaton.start && this.#held === 0;
  }

  begins(code: number): boolean {
    return this.#automaton.begins(code);
  }

  read(code: number, at: number): Cover | undefined {
    if (this.#utf8 === undefined) return this.#character(code, at);
    if (this.#utf8.breaks(code)) this.#invalid(this.#utf8.take(), at);
    const char = this.#utf8.read(code);
    return char === undefined ? undefined : this.#character(char, at, this.#utf8.take());
  }

  begun(end: number): number {
    const depth = this.#automaton.depth(this.#state);
    return depth === 0 ? end - this.#held : this.#places.before(depth);
  }

  forget(): void {
    this.#state = this.#automaton.start;
    this.#isSkipping = false;
    this.#json.close();
    this.#utf8?.take();
  }

  moveOn(by: number): void {
    this.#newline -= by;
    this.#places.moveOn(by);
  }

  /** Bytes of a character that is not complete. */
  get #held(): number {
    return this.#utf8?.held ?? 0;
  }

  /** Bytes before `at` that are no character: no needle ends with one. */
  #invalid(bytes: readonly number[], at: number): void {
    for (const [n, byte] of bytes.entries())
      this.#character(INVALID, at - bytes.length + n, [byte]);
  }

  /** `bytes`: the character's own, when the text is bytes; the last is at the position. */
  #character(char: number, at: number, bytes?: readonly number[]): Cover | undefined {
    if (this.#json.isOpen) {
      const meant = this.#json.read(char);
      if (meant === undefined) return this.#skip(BACKSLASH, at);
      if (meant !== null && (meant <= SPACE || isBorder(meant))) return this.#skip(meant, at);
      if (!this.#isSkipping) this.forget();
    }
    if (this.#opensEscape(char)) {
      this.#json.open();
      return this.#skip(BACKSLASH, at);
    }
    if (this.#isSkipping || char <= SPACE || isBorder(char) || this.#isEscape(char))
      return this.#skip(char, at);
    if (this.#isNextCell()) {
      this.#isSkipping = true;
      return this.#skip(char, at);
    }
    this.#gap = 0;
    this.#blanks = 0;
    return this.#part(bytes ?? [char], at);
  }

  /** What may be part of a needle. */
  #part(codes: readonly number[], at: number): Cover | undefined {
    for (let n = 0; n < codes.length; n++) {
      this.#state = this.#automaton.next(this.#state, codes[n] as number);
      this.#places.add(at + 1 - codes.length + n, this.#automaton.depth(this.#state));
    }
    const needle = this.#automaton.found(this.#state);
    if (needle === undefined) return undefined;
    const from = this.#places.before(needle.text.length);
    return this.#newline < from ? undefined : { from, to: at + 1, mark: needle.mark };
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

  /** Whether the character is the border behind a part of a needle, on that part's own line. */
  #isCellEnd(char: number): boolean {
    if (this.#cells === 'none' || this.#gap === 0 || char <= SPACE) return false;
    return isBorder(char) && this.#isBehindPart();
  }

  /** Whether the blanks that were read, on the line of a part of a needle, are all that is between two cells. */
  #isNextCell(): boolean {
    return this.#cells === 'spaced' && this.#blanks >= MIN_BLANKS && this.#isBehindPart();
  }

  #isBehindPart(): boolean {
    const isPart = this.#automaton.depth(this.#state) >= MIN_PART;
    return isPart && this.#newline < this.#places.before(1);
  }

  #skip(char: number, at: number): undefined {
    if (char === NEWLINE) {
      this.#newline = at;
      this.#isSkipping = false;
    } else if (this.#isCellEnd(char)) this.#isSkipping = true;
    this.#escape = char === ESCAPE ? 1 : this.#escape;
    this.#gap++;
    if (char === SPACE) this.#blanks++;
    if (this.#gap > MAX_GAP) this.forget();
  }
}

/** What is drawn beside text: `|`, `:`, `·`, box drawing, and the hearts of one of Nushell's themes. */
export function isBorder(code: number): boolean {
  if (code < 0x80) return code === 0x7c || code === 0x3a;
  return code === 0xb7 || (code >= 0x2500 && code <= 0x257f) || code === 0x2764;
}
