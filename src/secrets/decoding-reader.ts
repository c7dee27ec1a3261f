import type { Automaton } from './automaton.js';
import type { Escape } from './escapes.js';
import { Places } from './places.js';
import type { Cover, Reader } from './reader.js';
import { utf8Of } from './utf8.js';

/**
 * Finds needles of which any characters are escaped: encoders differ in which they escape. Each character is read
 * as the bytes of UTF-8 that it is or stands for, and so are the automaton's needles.
 */
export class DecodingReader implements Reader {
  readonly #automaton: Automaton;
  readonly #escape: Escape;
  readonly #isBytes: boolean;
  readonly #places = new Places();
  #state: number;
  /** The escape read so far. */
  #held: number[] = [];
  /** First half of a surrogate pair; 0 when none was read. */
  #high = 0;

  /** `isBytes`: each character of the text is a byte. */
  constructor(automaton: Automaton, escapes: Escape, isBytes: boolean) {
    this.#automaton = automaton;
    this.#escape = escapes;
    this.#isBytes = isBytes;
    this.#state = automaton.start;
  }

  get isIdle(): boolean {
    return this.#state === this.#automaton.start && this.#waiting === 0;
  }

  begins(code: number): boolean {
    if (code === this.#escape.opener) return true;
    if (this.#isBytes || code < 0x80) return this.#automaton.begins(code);
    return isHigh(code) || this.#automaton.begins(utf8Of(code)[0] as number);
  }

  read(code: number, at: number): Cover | undefined {
    if (this.#held.length > 0) {
      const bytes = this.#escape.read(code);
      if (bytes === undefined) {
        this.#held.push(code);
        return undefined;
      }
      if (bytes !== null) return this.#decoded(bytes, at);
      this.#replay(at);
    }
    return code === this.#escape.opener ? this.#open(code, at) : this.#character(code, at);
  }

  begun(end: number): number {
    const depth = this.#automaton.depth(this.#state);
    return depth === 0 ? end - this.#waiting : this.#places.before(depth);
  }

  forget(): void {
    this.#state = this.#automaton.start;
    this.#held = [];
    this.#high = 0;
  }

  moveOn(by: number): void {
    this.#places.moveOn(by);
  }

  /** Characters read that the automaton has not. */
  get #waiting(): number {
    return this.#held.length + (this.#high === 0 ? 0 : 1);
  }

  #open(code: number, at: number): undefined {
    if (this.#high !== 0) this.#endPair(at);
    this.#held.push(code);
    this.#escape.open();
  }

  #decoded(bytes: readonly number[], at: number): Cover | undefined {
    const from = at - this.#held.length;
    this.#held = [];
    return this.#advance(bytes, from, at);
  }

  /** What looked like an escape is none: its characters stand for themselves. */
  #replay(at: number): void {
    const held = this.#held;
    this.#held = [];
    for (const [n, code] of held.entries()) this.#character(code, at - held.length + n);
  }

  #character(code: number, at: number): Cover | undefined {
    if (this.#isBytes) return this.#advance([code], at, at);
    if (this.#high !== 0) {
      if (isLow(code)) return this.#pair(code, at);
      this.#endPair(at);
    }
    if (!isHigh(code)) return this.#advance(utf8Of(code), at, at);
    this.#high = code;
    return undefined;
  }

  #pair(low: number, at: number): Cover | undefined {
    const char = 0x10000 + ((this.#high & 0x3ff) << 10) + (low & 0x3ff);
    this.#high = 0;
    return this.#advance(utf8Of(char), at - 1, at);
  }

  /** The half before `at` has no other. */
  #endPair(at: number): void {
    this.#advance(utf8Of(this.#high), at - 1, at - 1);
    this.#high = 0;
  }

  /** Needles end with whole characters. */
  #advance(bytes: readonly number[], from: number, at: number): Cover | undefined {
    for (const byte of bytes) {
      this.#state = this.#automaton.next(this.#state, byte);
      this.#places.add(from, this.#automaton.depth(this.#state));
    }
    const needle = this.#automaton.found(this.#state);
    if (needle === undefined) return undefined;
    return { from: this.#places.before(needle.text.length), to: at + 1, mark: needle.mark };
  }
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
