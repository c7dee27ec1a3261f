/*
 * Text from tasks, workflows and people, made safe to show: nothing in it moves the cursor, changes the
 * terminal, begins a line that looks like one of ours, or reorders or hides what is beside it. What would is
 * shown as an escape, `\u{1b}`.
 */

/**
 * Control characters (C0, C1, DEL), separators of lines, bidirectional controls, invisible characters, lone
 * surrogates. Not the two selectors that say whether a character is drawn as text or as an emoji.
 */
const UNSAFE =
  /(?![\uFE0E\uFE0F])[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u{FFF9}-\u{FFFB}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text in one line, whatever is in it. */
export function safeLine(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** Whether the text is shown as it is. */
export function isSafe(text: string): boolean {
  return text.search(UNSAFE) === -1;
}

/** The lines of a text, each safe; tabs stay. */
export function safeLines(text: string): string[] {
  return text.split(/\r?\n/).map((line) => line.split('\t').map(safeLine).join('\t'));
}

/**
 * Lines under a heading of ours: each begins with `indent`, so that none of them looks like a heading.
 * Ends with a newline; empty for an empty text.
 */
export function safeBlock(text: string, indent: string): string {
  const whole = text.replace(/\s+$/, '');
  return whole === ''
    ? ''
    : safeLines(whole)
        .map((line) => `${indent}${line}\n`)
        .join('');
}

/** JSON text that stays one line for every reader and terminal: what is unsafe becomes `\uXXXX`, which means the same. */
export function safeJson(json: string): string {
  return json.replace(UNSAFE, (char) => (char === '\n' ? char : jsonEscaped(char)));
}

const ESC = '\u001b';
/** Sets colours and the weight of letters, nothing else (ECMA-48 SGR). */
const SGR = new RegExp(`${ESC}\\[[\\d;:]{0,64}m`, 'g');
/** What may become an SGR sequence, or a line end, with the text that comes next. */
const UNFINISHED = new RegExp(`(?:${ESC}(?:\\[[\\d;:]{0,64})?|\\r)$`);

/**
 * Text that comes in pieces, for a terminal: line ends, tabs and colours are kept, everything else that is
 * unsafe is escaped.
 */
export class TerminalFilter {
  readonly #keepsColours: boolean;
  #rest = '';

  /** Without `keepsColours` they are left out. */
  constructor(keepsColours: boolean) {
    this.#keepsColours = keepsColours;
  }

  /** The next piece, without an end that may go on. */
  push(piece: string): string {
    const text = this.#rest + piece;
    this.#rest = UNFINISHED.exec(text)?.[0] ?? '';
    return this.#filtered(text.slice(0, text.length - this.#rest.length));
  }

  /** What is left, and the colours as they were before. */
  end(): string {
    const last = this.#filtered(this.#rest);
    this.#rest = '';
    return this.#keepsColours ? `${last}${ESC}[0m` : last;
  }

  #filtered(text: string): string {
    const colours = text.match(SGR) ?? [];
    return text
      .split(SGR)
      .map((part, at) => {
        const colour = this.#keepsColours ? colours[at] : undefined;
        return `${safeLines(part).join('\n')}${colour ?? ''}`;
      })
      .join('');
  }
}

function escaped(char: string): string {
  return SHORT[char] ?? `\\u{${char.codePointAt(0)?.toString(16)}}`;
}

function jsonEscaped(char: string): string {
  const units = Array.from({ length: char.length }, (_, at) => char.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
