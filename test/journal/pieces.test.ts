import { describe, expect, it } from 'vitest';
import { pieces } from '../../src/journal/file/pieces.js';
import type { OpenFile } from '../../src/platform/file-system.js';

/** A file that gives at most `most` bytes a read. */
function fileOf(bytes: Buffer, most = Number.POSITIVE_INFINITY): Pick<OpenFile, 'read'> {
  return {
    async read(into, position) {
      const end = Math.min(position + into.length, position + most);
      return bytes.subarray(position, end).copy(into);
    },
  };
}

async function piecesOf(file: Pick<OpenFile, 'read'>, at = 0, maxLine?: number): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const piece of pieces(file as OpenFile, at, maxLine)) all.push(Buffer.from(piece));
  return all;
}

const line = (length: number, letter: string): string => `${letter.repeat(length - 1)}\n`;
const MIB = 1024 * 1024;

describe('pieces of a file', () => {
  it.each([
    ['nothing', ''],
    ['one line', 'a\n'],
    ['lines, the last one without its end', 'a\nbb\n\nccc'],
    ['no line end at all', 'x'.repeat(200_000)],
    [
      'lines about as long as what is read at first',
      line(65_535, 'a') + line(65_536, 'b') + line(65_537, 'c'),
    ],
    [
      'lines longer than what is read at a time',
      line(3 * MIB, 'a') + line(10, 'b') + line(5 * MIB, 'c') + 'd'.repeat(2 * MIB),
    ],
    ['many short lines', line(100, 'a').repeat(50_000)],
  ])('hold %s, in order, cut only at ends of lines', async (_, text) => {
    const bytes = Buffer.from(text);
    const all = await piecesOf(fileOf(bytes));
    expect(Buffer.concat(all).equals(bytes)).toBe(true);
    expect(all.slice(0, -1).every((piece) => piece.at(-1) === 10)).toBe(true);
  });

  it('begin at any byte', async () => {
    const bytes = Buffer.from('one\ntwo\nthree');
    for (let at = 0; at <= bytes.length + 1; at++)
      expect(String(Buffer.concat(await piecesOf(fileOf(bytes), at)))).toBe(
        String(bytes.subarray(at)),
      );
  });

  it('do not mind a system that gives little at a time', async () => {
    const bytes = Buffer.from([line(700, 'a'), line(70, 'b').repeat(20), 'end'].join(''));
    for (const most of [1, 3, 64, 699, 701])
      expect(Buffer.concat(await piecesOf(fileOf(bytes, most))).equals(bytes)).toBe(true);
  });

  it('take no more memory than a few of the longest lines', async () => {
    const bytes = Buffer.from(line(1000, 'x').repeat(5000));
    let largest = 0;
    const file = fileOf(bytes);
    await piecesOf({
      read: (into, position) => {
        largest = Math.max(largest, into.length);
        return file.read(into, position);
      },
    });
    expect(largest).toBeLessThanOrEqual(MIB);
  });

  it('hand on what is longer than a line can be as it comes', async () => {
    const bytes = Buffer.from(`${'x'.repeat(1_000_000)}\n${'y'.repeat(10)}`);
    const all = await piecesOf(fileOf(bytes), 0, 100_000);
    expect(Buffer.concat(all).equals(bytes)).toBe(true);
    expect(all.length).toBeGreaterThan(3);
    expect(Math.max(...all.map(({ length }) => length))).toBeLessThan(600_000);
  });
});
