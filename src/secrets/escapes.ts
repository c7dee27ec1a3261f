import { utf8Of } from './utf8.js';

/** Reads one escape of a kind. */
export interface Escape {
  /** The character that it begins with. */
  readonly opener: number;
  open(): void;
  /** Takes the next character. Gives the bytes that the escape stands for; undefined while it goes on; null when it is none. */
  read(code: number): readonly number[] | undefined | null;
}

/** An escape of URLs: `%2F`, one byte of UTF-8. */
export class PercentEscape implements Escape {
  readonly opener = 0x25;
  #digits = '';

  open(): void {
    this.#digits = '';
  }

  read(code: number): readonly number[] | undefined | null {
    const digit = String.fromCharCode(code);
    if (!/[\da-f]/i.test(digit)) return null;
    this.#digits += digit;
    return this.#digits.length < 2 ? undefined : [Number.parseInt(this.#digits, 16)];
  }
}

/** What encoders write by name; all else they write by number. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['sol', '/'],
]);
const SEMICOLON = 0x3b;
/** Longest reference without `&` and `;`: `#x0010ffff`. */
const MAX_REFERENCE = 10;

/** A character reference of XML and HTML: `&lt;`, `&#47;`, `&#x2f;`. */
export class CharacterReference implements Escape {
  readonly opener = 0x26;
  #text = '';

  open(): void {
    this.#text = '';
  }

  read(code: number): readonly number[] | undefined | null {
    if (code === SEMICOLON) return this.#bytes();
    const next = String.fromCharCode(code);
    if (!/[#\da-z]/i.test(next) || this.#text.length === MAX_REFERENCE) return null;
    this.#text += next;
    return undefined;
  }

  #bytes(): readonly number[] | null {
    const named = NAMED.get(this.#text);
    if (named !== undefined) return utf8Of(named.charCodeAt(0));
    const [, hex, decimal] = /^#(?:x([\da-f]+)|(\d+))$/i.exec(this.#text) ?? [];
    const char = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return char <= 0x10ffff ? utf8Of(char) : null;
  }
}
