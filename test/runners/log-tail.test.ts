import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LogPiece, LogTail, tailOf } from '../../src/runners/logs/log-tail.js';
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
    const tail = new LogTail(path, ({ text }) => texts.push(text));
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
    const tail = new LogTail(path, ({ text }) => texts.push(text));
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

  it('waits while nobody listens: the first listener gets what was printed before', () => {
    const path = file('before');
    const texts: string[] = [];
    let isHeard = false;
    const tail = new LogTail(
      path,
      ({ text }) => texts.push(text),
      () => isHeard,
    );
    expect(tail.look()).toBe(6);
    appendFileSync(path, ' and after');
    expect(texts).toEqual([]);
    isHeard = true;
    tail.look();
    isHeard = false;
    appendFileSync(path, ' to nobody');
    tail.finish();
    expect(texts).toEqual(['before and after']);
  });

  it('says which bytes of the log a text stands for, wherever it was cut', () => {
    const bytes = fc.oneof(fc.uint8Array(), fc.string({ unit: 'binary' }).map(Buffer.from));
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 5 }), (parts) => {
        const path = file();
        const pieces: LogPiece[] = [];
        const tail = new LogTail(path, (piece) => pieces.push(piece));
        for (const part of parts) {
          appendFileSync(path, part);
          tail.look();
        }
        tail.finish();
        const whole = Buffer.concat(parts);
        const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
        expect(pieces.map(({ text }) => text).join('')).toBe(decoder.decode(whole));
        let next = 0;
        for (const { text, offset, bytes } of pieces) {
          expect(offset).toBe(next);
          next += bytes;
          expect(decoder.decode(whole.subarray(offset, next))).toBe(text);
        }
        expect(next).toBe(whole.length);
      }),
    );
  });

  it('keeps a byte order mark, and a character on the border of two reads', () => {
    const text = `\ufeff${'x'.repeat(64 * 1024 - 4)}😀end`;
    const texts: string[] = [];
    new LogTail(file(text), ({ text }) => texts.push(text)).finish();
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.join('')).toBe(text);
  });

  it('skips ahead, and says so, when it is far behind', () => {
    const pieces: LogPiece[] = [];
    const content = `${'x'.repeat(1_000_000)}end`;
    new LogTail(file(content), (piece) => pieces.push(piece)).finish();
    const [note, ...rest] = pieces;
    const skipped = content.length - 64 * 1024;
    expect(note).toMatchObject({ offset: 0, bytes: skipped });
    expect(note?.text).toContain(`${skipped} bytes left out`);
    expect(rest.map(({ text }) => text).join('')).toBe(content.slice(skipped));
    expect(rest[0]?.offset).toBe(skipped);
  });

  it('gives head and tail of a file', () => {
    const path = file('0123456789');
    expect(tailOf(path, 4)).toBe('6789');
    expect(tailOf(path, 40)).toBe('0123456789');
    expect(tailOf(join(folder, 'none'), 4)).toBe('');
  });
});
