import type { JsonValue } from '../definition/json.js';
import { Automaton, type Needle } from './automaton.js';
import { formsOf } from './forms.js';
import { markFor } from './marks.js';
import { BrokenReader, isBorder, isBorderByte, StrictReader } from './readers.js';
import { RedactingStream } from './redacting-stream.js';

/** A secret's name, and its value, or one it had before. */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

/**
 * Puts `[secret NAME]` in the place of secrets, in whatever form they turn up (see forms.ts). What holds none is
 * left as it is, to the byte.
 */
export class Redactor {
  /** Those that are redacted. */
  readonly secrets: readonly Secret[];
  readonly #needles: readonly Needle[];
  #texts: Automata | undefined;
  #bytes: Automata | undefined;

  constructor(secrets: readonly Secret[]) {
    this.secrets = secrets;
    const forms = secrets.map(({ name, value }) => ({ name, forms: formsOf(value) }));
    const all = forms.flatMap((it) => it.forms);
    this.#needles = forms.flatMap((it) => {
      const mark = markFor(it.name, all);
      return it.forms.map((text) => ({ text, mark }));
    });
  }

  /** The text without secrets. */
  text(text: string): string {
    const stream = this.stream();
    return stream.push(text) + stream.end();
  }

  /** Whether the text holds a secret. */
  reveals(text: string): boolean {
    return this.text(text) !== text;
  }

  /** For a text that comes in pieces. */
  stream(): RedactingStream {
    this.#texts ??= automata(this.#needles);
    const { strict, broken } = this.#texts;
    return new RedactingStream(new StrictReader(strict), new BrokenReader(broken, isBorder));
  }

  /** For bytes that come in pieces, each byte one character (`latin1`): they need not be text at all. */
  byteStream(): RedactingStream {
    this.#bytes ??= automata(
      this.#needles.map(({ text, mark }) => ({ text: Buffer.from(text).toString('latin1'), mark })),
    );
    const { strict, broken } = this.#bytes;
    return new RedactingStream(new StrictReader(strict), new BrokenReader(broken, isBorderByte));
  }

  /** The value without secrets in its texts and keys, nor a number that is one; the same value when it has none. */
  value(value: JsonValue): JsonValue {
    return replaced(value, TOKEN, (token) => this.#token(token));
  }

  /** The value without secrets in its texts; numbers stay, and keys that are the form's own (default all), for values of a form that must not change. */
  texts(value: JsonValue, isOwn: (key: string) => boolean = () => true): JsonValue {
    return replaced(value, TEXT, (token) => {
      if (!token.endsWith(':')) return this.#token(token);
      const key = token.slice(0, -1);
      return isOwn(JSON.parse(key) as string) ? token : `${this.#token(key)}:`;
    });
  }

  #token(token: string): string {
    if (token.startsWith('"')) return this.#textToken(token);
    return this.secrets.some(({ value }) => value === token)
      ? JSON.stringify(this.text(token))
      : token;
  }

  /** As it is when it holds no secret: there is more than one way to write a text. */
  #textToken(token: string): string {
    const text = JSON.parse(token) as string;
    const redacted = this.text(text);
    return redacted === text ? token : JSON.stringify(redacted);
  }
}

interface Automata {
  readonly strict: Automaton;
  /** For needles without white space. */
  readonly broken: Automaton;
}

function automata(needles: readonly Needle[]): Automata {
  const joined = needles
    .map(({ text, mark }) => ({ text: text.replace(WHITE, ''), mark }))
    .filter(({ text }) => text.length >= MIN_BROKEN);
  return { strict: new Automaton(needles), broken: new Automaton(joined) };
}

const WHITE = /[\0- ]+/g;
/** Shorter ones are taken for broken too easily: words that just happen to follow each other. */
const MIN_BROKEN = 8;

/** By tokens of its text: a walk through the value could not go as deep as JSON does. */
function replaced(value: JsonValue, tokens: RegExp, replace: (token: string) => string): JsonValue {
  const json = JSON.stringify(value);
  const redacted = json.replace(tokens, replace);
  return redacted === json ? value : (JSON.parse(redacted) as JsonValue);
}

/** A text in JSON, or a key with its colon. */
const TEXT = /"[^"\\]*(?:\\.[^"\\]*)*":?/g;
/** A text or a number in JSON. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;
