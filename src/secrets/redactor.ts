import type { JsonValue } from '../definition/json.js';
import { Automaton, type Needle } from './automaton.js';
import { formsOf, MIN_LENGTH } from './forms.js';
import { markFor } from './marks.js';
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
  #texts: Automaton | undefined;
  #bytes: Automaton | undefined;

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

  /** Whether the text holds a secret with line breaks in it, as renderers of errors make them. */
  revealsBroken(text: string): boolean {
    const joined = withoutBreaks(text);
    return this.secrets
      .map(({ value }) => withoutBreaks(value))
      .some((value) => value.length >= MIN_LENGTH && joined.includes(value));
  }

  /** For a text that comes in pieces. */
  stream(): RedactingStream {
    this.#texts ??= new Automaton(this.#needles);
    return new RedactingStream(this.#texts);
  }

  /** For bytes that come in pieces, each byte one character (`latin1`): they need not be text at all. */
  byteStream(): RedactingStream {
    this.#bytes ??= new Automaton(
      this.#needles.map(({ text, mark }) => ({ text: Buffer.from(text).toString('latin1'), mark })),
    );
    return new RedactingStream(this.#bytes);
  }

  /** The value without secrets in its texts and keys, nor a number that is one; the same value when it has none. */
  value(value: JsonValue): JsonValue {
    const json = JSON.stringify(value);
    if (!this.reveals(json)) return value;
    // By tokens of the text: a walk through the value could not go as deep as JSON does.
    return JSON.parse(json.replace(TOKEN, (token) => this.#token(token))) as JsonValue;
  }

  /** The value without secrets in its texts; keys and numbers stay, for values of a form that must not change. */
  texts(value: JsonValue): JsonValue {
    const json = JSON.stringify(value);
    if (!this.reveals(json)) return value;
    const redacted = json.replace(TEXT, (token) =>
      token.endsWith(':') ? token : this.#token(token),
    );
    return JSON.parse(redacted) as JsonValue;
  }

  #token(token: string): string {
    if (token.startsWith('"')) return JSON.stringify(this.text(JSON.parse(token) as string));
    return this.secrets.some(({ value }) => value === token)
      ? JSON.stringify(this.text(token))
      : token;
  }
}

/** Without white space and the lines that are drawn beside text. */
function withoutBreaks(text: string): string {
  return text.replace(/[\s|\u00b7\u2500-\u257f]+/g, '');
}

/** A text in JSON, or a key with its colon. */
const TEXT = /"[^"\\]*(?:\\.[^"\\]*)*":?/g;
/** A text or a number in JSON. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;
