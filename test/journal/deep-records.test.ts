import { describe, expect, it } from 'vitest';
import { checksum, decode, encode, tail } from '../../src/journal/file/codec.js';
import type { JournalRecord } from '../../src/journal/records/record.js';

const RECORD: JournalRecord = {
  seq: 1,
  at: '2026-01-01T00:00:00.000Z',
  type: 'task.succeeded',
  task: 'a',
  attempt: 1,
  output: 'here',
};

/** The line of a record whose output is so many lists within each other, with a good checksum. */
function nested(depth: number, record: JournalRecord): Buffer {
  const value = `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const { line } = encode(record, undefined, 0);
  const body = line.slice(0, -tail(0).length).replace('"here"', value);
  return Buffer.from(body + tail(checksum(body, 0)));
}

describe('a record that is nested', () => {
  const decided: JournalRecord = { ...RECORD, type: 'task.decided', decision: 'done' };

  it.each([RECORD, decided])('as deep as a value may be is read', (record) => {
    expect(decode(nested(1_001, record), 1, 0)).toMatchObject({ ok: true });
  });

  it.each([RECORD, decided])('deeper is refused, whatever its depth', (record) => {
    for (const depth of [1_200, 100_000])
      expect(decode(nested(depth, record), 1, 0)).toEqual({
        ok: false,
        kind: 'wrong',
        why: 'it is nested deeper than 1100',
      });
  });
});
