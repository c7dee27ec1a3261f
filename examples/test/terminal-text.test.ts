import { describe, expect, it } from 'vitest';
import { safeBlock, safeJson, safeLine, TerminalFilter } from '../shared/terminal-text.js';

const ESC = '\u001b';

describe('text in a line', () => {
  it.each([
    ['a line end', 'a\r\nb', 'a\\r\\nb'],
    ['a tab', 'a\tb', 'a\\tb'],
    ['a colour', `${ESC}[31mred`, '\\u{1b}[31mred'],
    ['a title', `${ESC}]0;mine\u0007`, '\\u{1b}]0;mine\\u{7}'],
    ['a link', `${ESC}]8;;http://x${ESC}\\text`, '\\u{1b}]8;;http://x\\u{1b}\\text'],
    [
      'C1 control characters',
      '\u009b31m\u009d0;x\u009c\u0085',
      '\\u{9b}31m\\u{9d}0;x\\u{9c}\\u{85}',
    ],
    ['backspace and delete', 'ok\b\b\u007f', 'ok\\u{8}\\u{8}\\u{7f}'],
    [
      'bidirectional controls',
      '\u202a\u202e\u2066\u2069\u200e\u200f\u061c',
      '\\u{202a}\\u{202e}\\u{2066}\\u{2069}\\u{200e}\\u{200f}\\u{61c}',
    ],
    ['separators of lines', 'a\u2028b\u2029', 'a\\u{2028}b\\u{2029}'],
    [
      'invisible characters',
      'a\u200b\u200d\u2060\ufeff\u00ad\u3164',
      'a\\u{200b}\\u{200d}\\u{2060}\\u{feff}\\u{ad}\\u{3164}',
    ],
    ['tag characters', 'a\u{e0041}', 'a\\u{e0041}'],
    ['a lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
  ])('shows %s as an escape', (_, text, shown) => {
    expect(safeLine(text)).toBe(shown);
  });

  it('leaves letters of all scripts, marks and emojis', () => {
    const text = 'naïve née שלום مرحبا こんにちは 👍🏽 ❤\ufe0f │ \ue0b0';
    expect(safeLine(text)).toBe(text);
  });
});

describe('text under a heading', () => {
  it('is indented line by line, whatever ends its lines', () => {
    expect(safeBlock('TASK\tSTATUS\r\na\rb\u2028c\n\n', '  ')).toBe(
      '  TASK\tSTATUS\n  a\\rb\\u{2028}c\n',
    );
    expect(safeBlock(' \n', '  ')).toBe('');
  });
});

describe('JSON', () => {
  it('is one line for every reader, and means the same', () => {
    const value = { 'k\u2028': `\u0085\u2029\u007f${ESC}\u202e\u200b\u{e0041}\ud800 é👍` };
    const line = safeJson(JSON.stringify(value));
    expect(JSON.parse(line)).toEqual(value);
    expect(line).toBe(safeLine(line));
  });

  it('stays indented', () => {
    expect(safeJson(JSON.stringify([1], undefined, 2))).toBe('[\n  1\n]');
  });
});

describe('what a task printed, on a terminal', () => {
  const shown = (pieces: readonly string[], keepsColours = true): string => {
    const filter = new TerminalFilter(keepsColours);
    return pieces.map((piece) => filter.push(piece)).join('') + filter.end();
  };

  it('keeps lines, tabs and colours, and leaves no colour on', () => {
    const text = `a\tb\n${ESC}[1;38;5;200mx${ESC}[38:2::1:2:3m`;
    expect(shown([text])).toBe(`${text}${ESC}[0m`);
  });

  it('escapes everything else', () => {
    expect(shown([`${ESC}[2J${ESC}]0;t\u0007${ESC}[31;1Hx\r10 %\u202e${ESC}c`])).toBe(
      `\\u{1b}[2J\\u{1b}]0;t\\u{7}\\u{1b}[31;1Hx\\r10 %\\u{202e}\\u{1b}c${ESC}[0m`,
    );
  });

  it('does the same wherever the text is cut', () => {
    const text = `one\r\n${ESC}[31mtwo${ESC}[0m\r${ESC}[Kthree${ESC}\r`;
    const whole = shown([text]);
    for (let at = 0; at <= text.length; at++)
      expect(shown([text.slice(0, at), text.slice(at)])).toBe(whole);
    expect(shown([...text])).toBe(whole);
  });

  it('holds no more of an unfinished sequence than a colour is long', () => {
    const filter = new TerminalFilter(true);
    expect(filter.push(`${ESC}[${'1;'.repeat(1_000)}`)).toMatch(/^\\u\{1b\}\[1;/);
  });

  it('leaves colours out where none are wanted', () => {
    expect(shown([`${ESC}[31mred${ESC}[0m${ESC}[K`], false)).toBe('red\\u{1b}[K');
  });
});
