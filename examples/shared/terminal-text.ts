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

function escaped(char: string): string {
  return SHORT[char] ?? `\\u{${char.codePointAt(0)?.toString(16)}}`;
}
