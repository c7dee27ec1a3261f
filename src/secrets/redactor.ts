import type { JsonValue } from '../definition/json.js';
import { Automaton, type Needle } from './automaton.js';
import { DecodingReader } from './decoding-reader.js';
import { CharacterReference, PercentEscape } from './escapes.js';
import { decodedForms, formsOf, MIN_LENGTH } from './forms.js';
import { markFor } from './marks.js';
import { BrokenReader, isBorder, StrictReader } from './readers.js';
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
  readonly #needles: Needles;
  #texts: Automata | undefined;
  #bytes: Automata | undefined;

  constructor(secrets: readonly Secret[]) {
    this.secrets = secrets;
    const forms = secrets.map(({ name, value }) => ({ name, forms: formsOf(value), value }));
    const all = forms.flatMap((it) => it.forms);
    const marked = forms.map((it) => ({ ...it, mark: markFor(it.name, all) }));
    this.#needles = {
      forms: marked.flatMap(({ forms, mark }) => forms.map((text) => ({ text, mark }))),
      decoded: marked.flatMap(({ value, mark }) =>
        decodedForms(value).map((text) => ({ text, mark })),
      ),
    };
  }

  /** The text without secrets. */
  text(text: string): string {
    if (text.length < MIN_LENGTH) return text;
    const stream = this.stream();
    return stream.push(text) + stream.end();
  }

  /** Whether the text holds a secret. */
  reveals(text: string): boolean {
    return this.text(text) !== text;
  }

  /** For a text that comes in pieces. */
  stream(): RedactingStream {
    this.#texts ??= automata(this.#needles, (text) => text);
    return streamOf(this.#texts, false);
  }

  /** For bytes that come in pieces, each byte one character (`latin1`): they need not be text at all. */
  byteStream(): RedactingStream {
    this.#bytes ??= automata(this.#needles, bytesOf);
    return streamOf(this.#bytes, true);
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

interface Needles {
  readonly forms: readonly Needle[];
  /** What is looked for where escapes are decoded. */
  readonly decoded: readonly Needle[];
}

interface Automata {
  readonly strict: Automaton;
  /** For needles without white space and borders. */
  readonly broken: Automaton;
  /** For needles in bytes. */
  readonly decoded: Automaton;
}

function streamOf({ strict, broken, decoded }: Automata, isBytes: boolean): RedactingStream {
  return new RedactingStream(
    [
      new StrictReader(strict),
      new DecodingReader(decoded, new PercentEscape(), isBytes),
      new DecodingReader(decoded, new CharacterReference(), isBytes),
    ],
    [
      new BrokenReader(broken, isBytes),
      new BrokenReader(broken, isBytes, 'bordered'),
      new BrokenReader(broken, isBytes, 'spaced'),
    ],
  );
}

/** `written`: how a needle is written in the text. */
function automata({ forms, decoded }: Needles, written: (text: string) => string): Automata {
  const joined = mapped(forms, (text) => written(joinedText(text)));
  return {
    strict: new Automaton(mapped(forms, written)),
    broken: new Automaton(joined.filter(({ text }) => text.length >= MIN_BROKEN)),
    decoded: new Automaton(mapped(decoded, bytesOf)),
  };
}

function mapped(needles: readonly Needle[], change: (text: string) => string): Needle[] {
  return needles.map(({ text, mark }) => ({ text: change(text), mark }));
}

/** The bytes of UTF-8, one character each. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Without what does not count in a text that was broken. */
function joinedText(text: string): string {
  let joined = '';
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > SPACE && !isBorder(code)) joined += text[at];
  }
  return joined;
}

const SPACE = 0x20;
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
