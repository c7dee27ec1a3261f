import type { JsonValue } from '../json.js';
import { scanNumber } from './json-number.js';
import { scanText } from './json-text.js';
import type { PartOffsets } from './locate-parts.js';

/** What a parser is told. */
export interface ParserOptions {
  readonly maxDepth: number;
  /** Throws what is wrong with the text at an offset. `earlier` is where a key stood first. */
  readonly refuse: (offset: number, why: string, earlier?: number) => never;
  /** Is given the places of the parts of each list and object. */
  readonly onParts?: ((whole: object, parts: PartOffsets) => void) | undefined;
}

const LITERALS: readonly (readonly [text: string, value: boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** Reads one JSON text (RFC 8259). */
export class JsonParser {
  readonly #text: string;
  readonly #options: ParserOptions;
  #at = 0;
  #depth = 0;

  constructor(text: string, options: ParserOptions) {
    this.#text = text;
    this.#options = options;
  }

  /** The value that the whole text is. Throws what `refuse` throws. */
  whole(): JsonValue {
    this.#skipSpace();
    const value = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length)
      this.#refuse(`the value has ended, but here is ${this.#found()}`);
    return value;
  }

  #value(): JsonValue {
    const char = this.#text[this.#at];
    if (char === '{') return this.#nested(() => this.#object());
    if (char === '[') return this.#nested(() => this.#list());
    if (char === '"') return this.#string();
    if (char === '-' || (char !== undefined && char >= '0' && char <= '9')) return this.#number();
    for (const [text, value] of LITERALS) if (this.#literal(text)) return value;
    return this.#refuse(`expected a value, but here is ${this.#found()}`);
  }

  #nested<T>(read: () => T): T {
    const { maxDepth } = this.#options;
    if (this.#depth === maxDepth)
      this.#refuse(`nested deeper than ${maxDepth}, which is the limit`);
    this.#depth += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #object(): JsonValue {
    const object: { [key: string]: JsonValue } = {};
    const parts: PartOffsets = new Map();
    this.#items('}', () => {
      const start = this.#at;
      if (this.#text[start] !== '"')
        this.#refuse(`expected a key in double quotes, but here is ${this.#found()}`);
      const key = this.#string();
      const earlier = parts.get(key)?.key;
      if (earlier !== undefined)
        this.#options.refuse(start, `the key ${shortQuote(key)} appears twice`, earlier);
      this.#skipSpace();
      if (this.#text[this.#at] !== ':')
        this.#refuse(`expected ":" after the key, but here is ${this.#found()}`);
      this.#at += 1;
      this.#skipSpace();
      parts.set(key, { key: start, value: this.#at });
      setOwn(object, key, this.#value());
    });
    this.#options.onParts?.(object, parts);
    return object;
  }

  #list(): JsonValue {
    const list: JsonValue[] = [];
    const parts: PartOffsets | undefined = this.#options.onParts && new Map();
    this.#items(']', () => {
      parts?.set(list.length, { key: this.#at, value: this.#at });
      list.push(this.#value());
    });
    if (parts !== undefined) this.#options.onParts?.(list, parts);
    return list;
  }

  /** What stands between a bracket and `close`, with commas between. */
  #items(close: string, item: () => void): void {
    this.#at += 1;
    this.#skipSpace();
    if (this.#text[this.#at] === close) {
      this.#at += 1;
      return;
    }
    for (;;) {
      item();
      this.#skipSpace();
      const char = this.#text[this.#at];
      if (char !== ',' && char !== close)
        this.#refuse(`expected "," or "${close}", but here is ${this.#found()}`);
      this.#at += 1;
      if (char === close) return;
      this.#skipSpace();
      if (this.#text[this.#at] === close)
        this.#refuse(`the comma before this "${close}" is one too many`);
    }
  }

  #string(): string {
    const scanned = scanText(this.#text, this.#at);
    if ('problem' in scanned) return this.#options.refuse(scanned.offset, scanned.problem);
    this.#at = scanned.end;
    return scanned.value;
  }

  #number(): number {
    const scanned = scanNumber(this.#text, this.#at);
    if ('problem' in scanned) return this.#refuse(scanned.problem);
    this.#at = scanned.end;
    return scanned.value;
  }

  #literal(literal: string): boolean {
    const end = this.#at + literal.length;
    if (!this.#text.startsWith(literal, this.#at) || /\w/.test(this.#text[end] ?? '')) return false;
    this.#at = end;
    return true;
  }

  #skipSpace(): void {
    for (; ; this.#at++) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
    }
  }

  #refuse(why: string): never {
    return this.#options.refuse(this.#at, why);
  }

  /** What stands here, without quoting the text: it may be a secret. */
  #found(): string {
    const char = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    if (this.#at >= this.#text.length) return 'the end of the text';
    if (char === "'") return 'a single quote; JSON has double quotes only';
    if (char === '/' || char === '#') return `"${char}"; JSON has no comments`;
    if (/[\p{L}_]/u.test(char)) return 'a word without quotes';
    if (/\d/.test(char)) return 'a digit';
    if (/[!-~]/.test(char)) return JSON.stringify(char);
    return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  }
}

const QUOTED = 80;
function shortQuote(text: string): string {
  return JSON.stringify(text.length > QUOTED ? `${text.slice(0, QUOTED)}…`.toWellFormed() : text);
}

/** Sets a property as data, `__proto__` too. */
function setOwn(object: { [key: string]: JsonValue }, key: string, value: JsonValue): void {
  if (key !== '__proto__') object[key] = value;
  else
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
}
