import { expect, it, vi } from 'vitest';
import { DRAFTS, linesOf, reading } from './rig.js';

// A real limit of 512 MiB would ask too much of a test.
const LIMIT = 2_000;
vi.mock('../../src/journal/file/pieces.js', async (original) => {
  const real = await original<typeof import('../../src/journal/file/pieces.js')>();
  return { ...real, pieces: (file: never, at: number) => real.pieces(file, at, LIMIT) };
});

const [one = '', two = '', three = '', four = ''] = linesOf(DRAFTS, (seq) => seq - 1 || undefined);
const endless = '\0'.repeat(200_000);

it('takes an end without a line end for torn, however long, all of it', async () => {
  expect(await reading(`${one}${endless}`)).toMatchObject({
    records: [{ seq: 1 }],
    tornBytes: endless.length,
  });
  expect(await reading(`${one}${two}${endless}\n${endless}`)).toMatchObject({
    records: [{ seq: 1 }, { seq: 2 }],
    tornBytes: 2 * endless.length + 1,
  });
});

it('finds the line behind it that knows what was on disk', async () => {
  expect(await reading(`${one}${endless}\n${three}${four}`)).toMatchObject({
    refused: {
      code: 'NUFLOW_JOURNAL_DAMAGED',
      details: { line: 2, why: expect.stringMatching(/^the line is longer than a line can be/) },
    },
  });
});
