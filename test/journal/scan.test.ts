import { describe, expect, it } from 'vitest';
import { JournalReadError } from '../../src/errors.js';
import { BEGINNING, type Position, scan } from '../../src/journal/file/scan.js';
import type { JournalRecord, RecordDraft } from '../../src/journal/records/record.js';
import type { OpenFile } from '../../src/platform/file-system.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';
import { DRAFTS, firstLine, JOURNAL, linesOf, reading } from './rig.js';

/** Every line claims that the one before it was synced. */
const CLAIMING = linesOf(DRAFTS, (seq) => (seq > 1 ? seq - 1 : undefined));
const SILENT = linesOf(DRAFTS);
const offsetOf = (lines: readonly string[], line: number): number =>
  Buffer.byteLength(lines.slice(0, line - 1).join(''));

const count = (read: Awaited<ReturnType<typeof reading>>): number | string =>
  'records' in read ? read.records.length : read.refused.code;

async function refusal(bytes: string) {
  const read = await reading(bytes);
  if (!('refused' in read)) throw new Error(`${read.records.length} records were read`);
  return read.refused;
}

describe('a scan', () => {
  it('gives each record with the position behind it, and tells where the good ones end', async () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.put(JOURNAL, CLAIMING.join(''));
    const seen: [JournalRecord, Position][] = [];
    const end = await scan(fileSystem, JOURNAL, BEGINNING, (record, position) => {
      seen.push([record, position]);
      return true;
    });
    expect(seen.map(([{ seq, type }]) => [seq, type])).toEqual(
      DRAFTS.map(({ type }, index) => [index + 1, type]),
    );
    expect(seen.map(([, { offset }]) => offset)).toEqual(
      [2, 3, 4, 5].map((n) => offsetOf(CLAIMING, n)),
    );
    expect(end).toEqual({
      ...seen.at(-1)?.[1],
      claimed: 3,
      proven: offsetOf(CLAIMING, 4),
      tornBytes: 0,
    });
  });

  it('tells up to where the records claim that all is on disk', async () => {
    const fileSystem = new MemoryFileSystem();
    const provenOf = async (claims: readonly (number | undefined)[]): Promise<number> => {
      const lines = linesOf(DRAFTS, (seq) => claims[seq - 1]);
      fileSystem.put(JOURNAL, lines.join(''));
      const { proven, claimed } = await scan(fileSystem, JOURNAL, BEGINNING, () => true);
      expect(proven).toBe(offsetOf(lines, claimed + 1));
      return claimed;
    };
    const none = undefined;
    expect(await provenOf([])).toBe(0);
    expect(await provenOf([none, none, none, 1])).toBe(1);
    expect(await provenOf([none, 1, 2, 2])).toBe(2);
    expect(await provenOf([none, none, 2, 1])).toBe(2);
    expect(await provenOf([0, 0, 1, 3])).toBe(3);
  });

  it('takes nothing before its beginning as proven, unless a record behind says so', async () => {
    const fileSystem = new MemoryFileSystem();
    const provenOf = async (lines: readonly string[], behind = 1): Promise<number> => {
      fileSystem.put(JOURNAL, lines.join(''));
      const begun = await scan(fileSystem, JOURNAL, BEGINNING, ({ seq }) => seq < behind);
      return (await scan(fileSystem, JOURNAL, begun, () => true)).proven;
    };
    expect(await provenOf(linesOf(DRAFTS))).toBe(0);
    expect(await provenOf(CLAIMING)).toBe(offsetOf(CLAIMING, 4));
    expect(await provenOf(CLAIMING, 3)).toBe(offsetOf(CLAIMING, 4));
    const early = linesOf(DRAFTS, (seq) => (seq === 4 ? 1 : undefined));
    expect(await provenOf(early)).toBe(offsetOf(early, 2));
    expect(await provenOf(early, 3)).toBe(0);
  });

  it('goes on from any position, and stops when told to', async () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.put(JOURNAL, CLAIMING.join(''));
    let position = BEGINNING;
    for (let seq = 1; seq <= DRAFTS.length; seq++) {
      const records: JournalRecord[] = [];
      const end = await scan(fileSystem, JOURNAL, position, (record) => {
        records.push(record);
        return false;
      });
      expect(records.map((record) => record.seq)).toEqual([seq]);
      expect(end.tornBytes).toBe(0);
      position = end;
    }
    const end = await scan(fileSystem, JOURNAL, position, () => true);
    expect(end.seq).toBe(DRAFTS.length);
  });

  it('finds nothing in an empty file', async () => {
    expect(await reading('')).toEqual({ records: [], tornBytes: 0 });
  });

  it('tells what the system could not read, and lets through what its taker throws', async () => {
    const fileSystem = new FaultyFileSystem(new MemoryFileSystem());
    const look = () => scan(fileSystem, JOURNAL, BEGINNING, () => true);
    await expect(look()).rejects.toThrow(JournalReadError);
    await expect(look()).rejects.toMatchObject({ cause: { code: 'ENOENT' } });
    const file = await fileSystem.open('/f', 'append');
    file.write(Buffer.from(SILENT.join('')));
    const thrown = new Error('of the taker');
    await expect(
      scan(fileSystem, '/f', BEGINNING, () => {
        throw thrown;
      }),
    ).rejects.toBe(thrown);
    fileSystem.fail('read', '/f', 'EIO');
    await expect(scan(fileSystem, '/f', BEGINNING, () => true)).rejects.toMatchObject({
      code: 'NUFLOW_JOURNAL_READ',
      details: { file: '/f' },
      message: expect.stringContaining('/f'),
    });
  });
});

describe('a broken end', () => {
  it('is a torn write when no line knows it was on disk', async () => {
    const cut = CLAIMING.join('').slice(0, -1);
    expect(await reading(cut)).toMatchObject({ tornBytes: (CLAIMING[3]?.length ?? 0) - 1 });
    const nulls = `${SILENT.slice(0, 3).join('')}${'\0'.repeat(5000)}`;
    expect(count(await reading(nulls))).toBe(3);
    const hole = `${SILENT[0]}${'\0'.repeat(40)}\n${SILENT.slice(2).join('')}`;
    expect(await reading(hole)).toMatchObject({
      records: [{ seq: 1 }],
      tornBytes: Buffer.byteLength(hole) - offsetOf(SILENT, 2),
    });
  });

  it('is damage when a line behind it knows that it was on disk', async () => {
    const lines = [...CLAIMING];
    lines[1] = lines[1]?.replace('server', 'sorver') ?? '';
    expect(await refusal(lines.join(''))).toEqual({
      code: 'NUFLOW_JOURNAL_DAMAGED',
      details: {
        file: JOURNAL,
        line: 2,
        offset: offsetOf(CLAIMING, 2),
        why: 'its checksum does not match, and record 2 is known to have been on disk',
      },
    });
  });

  it('is damage when the broken line itself knows that a missing one was on disk', async () => {
    const [one, , three] = linesOf(DRAFTS, (seq) => (seq === 3 ? 2 : undefined));
    expect(await refusal(`${one}${three}`)).toMatchObject({
      code: 'NUFLOW_JOURNAL_DAMAGED',
      details: { line: 2, offset: offsetOf(SILENT, 2) },
    });
    expect(await refusal(`${one}${three?.trimEnd()}`)).toMatchObject({
      details: { why: 'the line is cut, and record 2 is known to have been on disk' },
    });
  });

  it('is never a whole line: what has a right checksum and can not stand there is damage', async () => {
    const [one = ''] = SILENT;
    const moved = one.replace('"seq":1', '"seq":2').slice(0, -20);
    expect(count(await reading(`${moved}\n`))).toBe(0);
    expect(await refusal(firstLine({ ...DRAFTS[1], seq: 5 }))).toMatchObject({
      code: 'NUFLOW_JOURNAL_DAMAGED',
      details: { line: 1, offset: 0, why: 'its number is 5, expected 1' },
    });
  });
});

describe('a journal of a newer nuflow', () => {
  it.each([
    ['names its format', firstLine({ ...DRAFTS[0], format: 2 }), 2],
    [
      'names its format, and lost its line end',
      firstLine({ ...DRAFTS[0], format: 2 }).trimEnd(),
      2,
    ],
    ['has other checksums', '{"type":"run.started","format":"b3","sum":"x"}\n{"more":1}\n', 'b3'],
  ])('is refused when it %s', async (_, bytes, format) => {
    expect(await refusal(bytes)).toEqual({
      code: 'NUFLOW_JOURNAL_FORMAT',
      details: {
        file: JOURNAL,
        line: 1,
        offset: 0,
        format,
        why: `it is of format ${JSON.stringify(format)}, and this version of nuflow reads format 1`,
      },
    });
  });

  it('is refused at the first record that is not known, whole as it is', async () => {
    const unknown = { type: 'task.teleported', task: 'server' };
    const lines = linesOf([...DRAFTS.slice(0, 2), unknown as never]);
    expect(await refusal(lines.join(''))).toMatchObject({
      code: 'NUFLOW_JOURNAL_FORMAT',
      details: { line: 3, offset: offsetOf(lines, 3) },
    });
  });
});

describe('a scan without the lock', () => {
  it('takes no torn end for damage that is cut off and written over while it reads', async () => {
    const fileSystem = new MemoryFileSystem();
    const [first = '', second = '', third = ''] = CLAIMING;
    fileSystem.put(JOURNAL, first + second + third.slice(0, -5));
    const resumed: RecordDraft = { type: 'run.resumed', pid: 1 };
    const after = linesOf(
      [...DRAFTS.slice(0, 2), resumed, resumed, resumed],
      (seq) => seq - 1 || undefined,
    );
    expect(after.slice(0, 2)).toEqual([first, second]);
    const owner = await fileSystem.open(JOURNAL, 'append');
    const opened = await fileSystem.open(JOURNAL, 'read');
    let reads = 0;
    const reader: OpenFile = {
      write: (bytes) => opened.write(bytes),
      sync: () => opened.sync(),
      isInPlace: () => opened.isInPlace(),
      truncate: (size) => opened.truncate(size),
      close: () => opened.close(),
      async read(into, position) {
        const length = await opened.read(into, position);
        if (++reads > 1) return length;
        await owner.truncate(Buffer.byteLength(first + second));
        owner.write(Buffer.from(after.slice(2).join('')));
        return length;
      },
    };
    const seen: number[] = [];
    const reading = Object.assign(Object.create(fileSystem), { open: async () => reader });
    const end = await scan(reading, JOURNAL, BEGINNING, ({ seq }) => seen.push(seq) > 0);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(end).toMatchObject({ seq: 5, tornBytes: 0 });
    await owner.close();
  });
});
