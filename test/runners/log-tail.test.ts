import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { headOf, LogTail, tailOf } from '../../src/runners/log-tail.js';
import { temporaryFolder } from './attempts.js';

describe('LogTail', () => {
  const folder = temporaryFolder();
  let count = 0;
  const file = (content: string | Uint8Array = ''): string => {
    const path = join(folder, `log-${count++}`);
    writeFileSync(path, content);
    return path;
  };

  it('hands on what is appended while it is followed, in order', () => {
    const path = file('a');
    const texts: string[] = [];
    const tail = new LogTail(path, 'start', (text) => texts.push(text));
    expect([tail.look(), texts]).toEqual([1, ['a']]);
    expect([tail.look(), texts]).toEqual([1, ['a']]);
    appendFileSync(path, 'b');
    expect([tail.look(), texts]).toEqual([2, ['a', 'b']]);
    appendFileSync(path, 'c');
    tail.finish();
    expect(texts).toEqual(['a', 'b', 'c']);
  });

  it('keeps characters whole that are written in pieces, and marks bytes that are no text', () => {
    const path = file();
    const texts: string[] = [];
    const tail = new LogTail(path, 'start', (text) => texts.push(text));
    const bytes = Buffer.from('€');
    appendFileSync(path, Buffer.concat([Buffer.from('x'), bytes.subarray(0, 1)]));
    tail.look();
    expect(texts).toEqual(['x']);
    appendFileSync(path, bytes.subarray(1));
    tail.look();
    expect(texts).toEqual(['x', '€']);
    appendFileSync(path, Buffer.from([0, 0xff, 0x41, 0xe2]));
    tail.finish();
    expect(texts.join('')).toBe('x€\0\ufffdA\ufffd');
  });

  it('reads nothing while nobody listens, and goes on from there', () => {
    const path = file('before€');
    const texts: string[] = [];
    let isHeard = false;
    const tail = new LogTail(
      path,
      'start',
      (text) => texts.push(text),
      () => isHeard,
    );
    appendFileSync(path, Buffer.from('€').subarray(0, 1));
    tail.look();
    isHeard = true;
    appendFileSync(path, 'after');
    tail.finish();
    expect(texts).toEqual(['after']);
  });

  it('keeps a byte order mark, and a character on the border of two reads', () => {
    const text = `\ufeff${'x'.repeat(64 * 1024 - 4)}😀end`;
    const texts: string[] = [];
    new LogTail(file(text), 'start', (part) => texts.push(part)).finish();
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.join('')).toBe(text);
  });

  it('starts at the end of what is there when asked to', () => {
    const path = file('before');
    const texts: string[] = [];
    const tail = new LogTail(path, 'end', (text) => texts.push(text));
    appendFileSync(path, 'after');
    tail.finish();
    expect(texts).toEqual(['after']);
  });

  it('skips ahead, and says so, when it is far behind', () => {
    const texts: string[] = [];
    const content = `${'x'.repeat(1_000_000)}end`;
    new LogTail(file(content), 'start', (text) => texts.push(text)).finish();
    const [note, ...rest] = texts;
    expect(note).toContain(`${content.length - 64 * 1024} bytes left out`);
    expect(rest.join('')).toBe(content.slice(-64 * 1024));
  });

  it('gives head and tail of a file', () => {
    const path = file('0123456789');
    expect(tailOf(path, 4)).toBe('6789');
    expect(tailOf(path, 40)).toBe('0123456789');
    expect(tailOf(join(folder, 'none'), 4)).toBe('');
    expect(headOf(path, 4)).toEqual({ text: '0123', truncated: true });
    expect(headOf(file('a€'), 3)).toEqual({ text: 'a', truncated: true });
    expect(headOf(path, 10)).toEqual({ text: '0123456789', truncated: false });
  });
});
