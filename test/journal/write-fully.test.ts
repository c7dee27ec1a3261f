import { describe, expect, it } from 'vitest';
import { copyRest } from '../../src/journal/file/copy-rest.js';
import { TextWriter, writeFully } from '../../src/journal/file/write-fully.js';
import type { OpenFile } from '../../src/platform/file-system.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';

/** A file that takes what `takes` says of each write. */
function fileThat(takes: (length: number) => number): { file: OpenFile; writes: Buffer[] } {
  const writes: Buffer[] = [];
  const write = (bytes: Uint8Array): number => {
    const taken = takes(bytes.length);
    if (taken > 0) writes.push(Buffer.from(bytes.subarray(0, taken)));
    return taken;
  };
  return { file: { write } as OpenFile, writes };
}

function writeTexts(file: OpenFile, texts: readonly string[]): number {
  const writer = new TextWriter(file);
  for (const text of texts) writer.add(text);
  return writer.end();
}

describe('writing fully', () => {
  it('goes on until the system has taken all', () => {
    const { file, writes } = fileThat((length) => Math.min(length, 3));
    writeFully(file, Buffer.from('0123456789'));
    expect(writes.map(String)).toEqual(['012', '345', '678', '9']);
  });

  it('gives up on a system that takes nothing', () => {
    let left = 2;
    const { file, writes } = fileThat(() => Math.max(0, left--));
    expect(() => writeFully(file, Buffer.from('0123456789'))).toThrow('the system took no bytes');
    expect(writes.map(String)).toEqual(['01', '2']);
  });

  it('puts texts together, but not all of many', () => {
    const { file, writes } = fileThat((length) => length);
    const texts = ['a\n', `${'ü'.repeat(700_000)}\n`, 'b\n', `${'c'.repeat(400_000)}\n`, 'd\n'];
    writeTexts(file, texts);
    expect(Buffer.concat(writes).toString()).toBe(texts.join(''));
    expect(writes).toHaveLength(2);
    writeTexts(file, []);
    expect(writes).toHaveLength(2);
  });

  it.each([
    ['', '\n'],
    ['a', '\n'],
    ['', '😀 and more\n'],
  ])('takes a big one apart, though not within a character (%j, %j)', (before, after) => {
    const { file, writes } = fileThat((length) => length);
    const big = `${'x'.repeat(1024 * 1024 - 1)}😀${'y'.repeat(2 * 1024 * 1024)}`;
    writeTexts(
      file,
      [before, big, after].filter((text) => text !== ''),
    );
    expect(Buffer.concat(writes).toString()).toBe(before + big + after);
    const most = Math.max(...writes.map(({ length }) => length));
    expect(most).toBeLessThanOrEqual(1024 * 1024 + 4);
  });
});

it('copies the rest of a file behind what is in another', async () => {
  const fileSystem = new MemoryFileSystem();
  const content = Buffer.alloc(2_500_000, '0123456789');
  fileSystem.put('/from', content);
  fileSystem.put('/to', 'before');
  const [from, to] = [
    await fileSystem.open('/from', 'read'),
    await fileSystem.open('/to', 'append'),
  ];
  await copyRest(from, 7, to);
  const copy = Buffer.concat([Buffer.from('before'), content.subarray(7)]);
  expect(fileSystem.bytes('/to').equals(copy)).toBe(true);
});
