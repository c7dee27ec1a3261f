import { loneSurrogate } from './decode-text.js';

/** A text in double quotes at an offset: its value and where it ends, or what is wrong with it and where. */
export type ScannedText =
  | { readonly value: string; readonly end: number }
  | { readonly problem: string; readonly offset: number };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Reads a text whose opening quote is at `start`. */
export function scanText(text: string, start: number): ScannedText {
  let pieces = '';
  let from = start + 1;
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) return ended(text, start, pieces + text.slice(from, at), at + 1);
    if (unit < SPACE) return { problem: controlProblem(unit), offset: at };
    if (unit !== BACKSLASH) continue;
    const escaped = unescaped(text, at);
    if (escaped === undefined) return { problem: 'this escape is not one of JSON', offset: at };
    pieces += text.slice(from, at) + escaped;
    from = at + (text[at + 1] === 'u' ? 6 : 2);
    at = from - 1;
  }
  return { problem: 'this text has no end: a double quote is missing', offset: start };
}

function unescaped(text: string, at: number): string | undefined {
  const name = text[at + 1] ?? '';
  if (name !== 'u') return Object.hasOwn(ESCAPES, name) ? ESCAPES[name] : undefined;
  const digits = text.slice(at + 2, at + 6);
  return /^[\da-fA-F]{4}$/.test(digits)
    ? String.fromCharCode(Number.parseInt(digits, 16))
    : undefined;
}

/** The whole is well-formed, so a lone surrogate can only have come from an escape. */
function ended(text: string, start: number, value: string, end: number): ScannedText {
  if (value.isWellFormed()) return { value, end };
  const offset = escapeAt(text, start, loneSurrogate(value));
  const written = text.slice(offset, offset + 6);
  return { problem: `${written} is a lone surrogate, which is no character`, offset };
}

/** Where the unit `index` of a text that was read stands in its source. */
function escapeAt(text: string, start: number, index: number): number {
  let at = start + 1;
  for (let unit = 0; unit < index; unit++) {
    if (text.charCodeAt(at) !== BACKSLASH) at += 1;
    else at += text[at + 1] === 'u' ? 6 : 2;
  }
  return at;
}

function controlProblem(unit: number): string {
  if (unit === 0x0a || unit === 0x0d)
    return 'a line ends within a text; write \\n, or close the text with a double quote';
  const code = `\\u${unit.toString(16).padStart(4, '0')}`;
  return `a control character stands within a text; write ${unit === 0x09 ? '\\t' : code}`;
}
