import { isSafe, safeLine } from '../shared/terminal-text.js';

/** The text as a shell takes it for one word, whatever is in it. */
export function shellWord(text: string): string {
  if (/^[\w./:@%+=,][\w./:@%+=,-]*$|^--[a-z-]+$|^--$/.test(text)) return text;
  return isSafe(text) ? `'${text.replaceAll("'", `'\\''`)}'` : ansiWord(text);
}

/** With escapes as bash, zsh and ksh take them. */
function ansiWord(text: string): string {
  const chars = [...text].map((char) => {
    if (char === "'" || char === '\\') return `\\${char}`;
    if (isSafe(char)) return char;
    return `\\U${(char.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`;
  });
  return `$'${chars.join('')}'`;
}

/** A duration for people: `850 ms`, `3.2 s`, `2 min 5 s`, `3 h 20 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Between two instants; up to now when there is no second. Empty when there is no first, as of a damaged run. */
export function formatSpan(startedAt: string | undefined, endedAt: string | undefined): string {
  const start = Date.parse(startedAt ?? '');
  const end = endedAt === undefined ? Date.now() : Date.parse(endedAt);
  return Number.isNaN(end - start) ? '' : formatDuration(end - start);
}

/** How instants are shown. */
export interface TimeOptions {
  /** In UTC; default in this machine's time zone. */
  readonly utc?: boolean | undefined;
}

/** An instant, the same everywhere: `2026-11-28 08:15:02+01:00`. Empty for none. */
export function formatTime(at: string, { utc = false }: TimeOptions): string {
  const instant = new Date(at);
  if (Number.isNaN(instant.getTime())) return at;
  const offset = utc ? 0 : -instant.getTimezoneOffset();
  const local = new Date(instant.getTime() + offset * 60_000).toISOString();
  return `${local.slice(0, 10)} ${local.slice(11, 19)}${offsetText(offset)}`;
}

function offsetText(minutes: number): string {
  const twoDigits = (number: number): string => String(Math.floor(number)).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${twoDigits(size / 60)}:${twoDigits(size % 60)}`;
}

/** A wider cell does not widen the others of its column. */
const MAX_COLUMN = 60;

/** Rows as aligned columns, two spaces apart, a line each; the first row is the heading. */
export function* table(rows: readonly (readonly string[])[]): Generator<string, void, void> {
  const safe = rows.map((row) => row.map(safeLine));
  const widths: number[] = [];
  for (const row of safe)
    for (const [column, cell] of row.entries()) {
      const width = Math.min(displayWidth(cell), MAX_COLUMN);
      widths[column] = Math.max(widths[column] ?? 0, width);
    }
  for (const row of safe) {
    const cells = row.map((cell, column) => padded(cell, widths[column] ?? 0));
    yield `${cells.join('  ').trimEnd()}\n`;
  }
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - displayWidth(cell)));
}

const PLAIN = /^[\x20-\x7e]*$/;
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{17000}-\u{18CFF}\u{1B000}-\u{1B2FF}\u{20000}-\u{3FFFD}]/u;
const COMBINING = /\p{M}/u;

/** Columns of a terminal that a safe text takes. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

function charWidth(char: string): number {
  return WIDE.test(char) ? 2 : COMBINING.test(char) ? 0 : 1;
}

/** The beginning of a safe text that fits into so many columns, with `…` when it does not fit whole. */
export function clipped(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let width = 0;
  let kept = '';
  for (const char of text) {
    width += charWidth(char);
    if (width > columns - 1) break;
    kept += char;
  }
  return columns < 1 ? '' : `${kept}…`;
}
