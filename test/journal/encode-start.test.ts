import { describe, expect, it } from 'vitest';
import { decode } from '../../src/journal/file/codec.js';
import { encodeStart, isLongStart } from '../../src/journal/file/encode-start.js';
import { FileJournal } from '../../src/journal/file/file-journal.js';
import type { JournalRecord, RecordOf } from '../../src/journal/records/record.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';
import { AT, JOURNAL, Notes, platformWith, STARTED } from './rig.js';

/** The beginning of a run of so many tasks. */
function start(count: number) {
  const tasks = Array.from({ length: count }, (_, n) => ({
    id: `ü${n}`,
    runner: 'nu',
    needs: n === 0 ? [] : ['ü0'],
    with: { code: `"😀 ${n}"` },
  }));
  const workflow = { name: 'big', outputs: [['x', 'ü1'] as const], tasks };
  const record: JournalRecord = { seq: 1, at: AT, ...STARTED, workflow } as never;
  return { record: record as RecordOf<'run.started'>, tasks };
}

describe('the first record of a run of many tasks', () => {
  it.each([1_001, 2_000, 2_345])('is a line as any other (%i tasks)', (count) => {
    const { record } = start(count);
    expect(isLongStart(record)).toBe(true);
    const { line, crc } = encodeStart(record);
    const parts = [...line];
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.join('')).toMatch(/^\{"seq":1,"at":"[^"]+","type":"run.started",/);
    const decoded = decode(Buffer.from(parts.join('')), 1, 0);
    expect(decoded).toMatchObject({ ok: true, crc });
    expect(decoded.ok && decoded.record).toEqual(record);
    expect([...line]).toEqual(parts); // as often as it has to be written
  });

  it('is told from others', () => {
    expect(isLongStart(start(1_000).record)).toBe(false);
    expect(isLongStart({ seq: 2, at: AT, type: 'run.resumed', pid: 1 })).toBe(false);
  });

  it('is written, and the next follows it', async () => {
    const { record } = start(3_000);
    const platform = platformWith(new MemoryFileSystem());
    const journal = await FileJournal.create(platform, JOURNAL, new Notes());
    const { seq: _, at: __, ...draft } = record;
    const appended = [journal.append(draft), journal.append({ type: 'run.resumed', pid: 1 })];
    await journal.close();
    const found: JournalRecord[] = [];
    const take = (read: JournalRecord): void => void found.push(read);
    await (await FileJournal.open(platform, JOURNAL, new Notes(), take)).close();
    expect(found).toEqual(appended);
  });

  it('is not on disk when the definition was changed before it was written', async () => {
    const { record, tasks } = start(3_000);
    const { line } = encodeStart(record);
    (tasks[2_999] as { id: string }).id = 'another';
    expect(() => [...line]).toThrow('changed while it was being written');
  });

  it('is refused at once when JSON can not hold it', () => {
    const { record, tasks } = start(3_000);
    (tasks[2_999] as { with: unknown }).with = { code: 1n };
    expect(() => encodeStart(record)).toThrow(TypeError);
  });
});
