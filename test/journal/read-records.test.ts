import { beforeEach, describe, expect, it } from 'vitest';
import { FileJournal } from '../../src/journal/file/file-journal.js';
import { followRecords } from '../../src/journal/file/follow-records.js';
import { RecordReader, readRecords } from '../../src/journal/file/read-records.js';
import { readState } from '../../src/journal/file/read-state.js';
import type { JournalRecord, RecordDraft } from '../../src/journal/records/record.js';
import type { FileSystem } from '../../src/platform/file-system.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';
import { collect, DRAFTS, JOURNAL, linesOf, Notes, platformWith, STARTED } from './rig.js';

let memory: MemoryFileSystem;
let fileSystem: FaultyFileSystem;
beforeEach(() => {
  memory = new MemoryFileSystem();
  fileSystem = new FaultyFileSystem(memory);
});
const opens = (): number => fileSystem.count('open', JOURNAL);
const openNow = (): number => opens() - fileSystem.count('close', JOURNAL);
const seqs = (records: readonly JournalRecord[]): number[] => records.map(({ seq }) => seq);

/** A journal that takes many pages to read: records of 100 KiB. */
const BIG = 40;
function putBig(): void {
  const output = 'x'.repeat(100 * 1024);
  const ended: RecordDraft = { type: 'task.succeeded', task: 'server', attempt: 1, output };
  const drafts = [STARTED, ...Array<RecordDraft>(BIG - 1).fill(ended)];
  memory.put(JOURNAL, linesOf(drafts).join(''));
}

describe('reading records', () => {
  it('gives any stretch of them', async () => {
    memory.put(JOURNAL, linesOf(DRAFTS).join(''));
    for (let from = 1; from <= 5; from++)
      for (let to = 0; to <= 5; to++) {
        const wanted = [1, 2, 3, 4].filter((seq) => seq >= from && seq <= to);
        expect(seqs(await collect(readRecords(fileSystem, JOURNAL, { from, to })))).toEqual(wanted);
      }
    expect(await collect(readRecords(fileSystem, JOURNAL))).toHaveLength(4);
  });

  it('reads a long journal page by page, with no file open in between', async () => {
    putBig();
    let last = 0;
    for await (const { seq } of readRecords(fileSystem, JOURNAL)) {
      expect([seq, openNow()]).toEqual([last + 1, 0]);
      last = seq;
    }
    expect(last).toBe(BIG);
    expect(opens()).toBeGreaterThan(5);
  });

  it('leaves nothing open when it is dropped half-way', async () => {
    putBig();
    for await (const { seq } of readRecords(fileSystem, JOURNAL)) if (seq === 8) break;
    expect([opens(), openNow()]).toEqual([2, 0]);
  });

  it('reads each byte once for a reader that goes forward', async () => {
    putBig();
    const size = (await memory.size(JOURNAL)) ?? 0;
    let bytes = 0;
    const counting: FileSystem = Object.create(fileSystem, {
      open: {
        value: async (path: string, mode: 'read') => {
          const file = await fileSystem.open(path, mode);
          const read = async (into: Uint8Array, at: number): Promise<number> => {
            const length = await file.read(into, at);
            bytes += length;
            return length;
          };
          return { read, close: () => file.close() };
        },
      },
    });
    const reader = new RecordReader(counting, JOURNAL);
    const found: number[] = [];
    for (let from = 1; from <= BIG; from += 5)
      found.push(...seqs(await collect(reader.read({ from, to: from + 4 }))));
    expect(found).toEqual(Array.from({ length: BIG }, (_, n) => n + 1));
    // A piece may hold more than was asked for, which is read again; from the beginning each time it would be four times as much.
    expect(bytes).toBeLessThan(2 * size);
    expect(seqs(await collect(reader.read({ from: 2, to: 3 })))).toEqual([2, 3]);
  });

  it('passes over what is not asked for in one go', async () => {
    putBig();
    expect(seqs(await collect(readRecords(fileSystem, JOURNAL, { from: BIG })))).toEqual([BIG]);
    expect(opens()).toBeLessThanOrEqual(2);
  });

  it('ends before a torn end, and changes nothing', async () => {
    const bytes = linesOf(DRAFTS).join('').slice(0, -5);
    memory.put(JOURNAL, bytes);
    expect(seqs(await collect(readRecords(fileSystem, JOURNAL)))).toEqual([1, 2, 3]);
    expect(String(memory.bytes(JOURNAL))).toBe(bytes);
    expect(fileSystem.count('write')).toBe(0);
  });
});

describe('reading the state', () => {
  it('folds what is whole, and tells of a torn end', async () => {
    const lines = linesOf(DRAFTS);
    memory.put(JOURNAL, lines.join(''));
    expect(await readState(fileSystem, JOURNAL)).toMatchObject({
      torn: false,
      state: { id: 'create-wuji', seq: 4, phase: { status: 'succeeded' } },
    });
    memory.put(JOURNAL, lines.join('').slice(0, -1));
    expect(await readState(fileSystem, JOURNAL)).toMatchObject({
      torn: true,
      state: { seq: 3, phase: { status: 'running' } },
    });
  });

  it.each([
    ['no file', undefined],
    ['an empty file', ''],
    ['no whole record', linesOf([STARTED])[0]?.slice(0, 30)],
  ])('finds none in %s', async (_, bytes) => {
    if (bytes !== undefined) memory.put(JOURNAL, bytes);
    expect(await readState(fileSystem, JOURNAL)).toBeUndefined();
  });

  it('refuses records that contradict each other', async () => {
    memory.put(JOURNAL, linesOf([...DRAFTS, { type: 'run.resumed', pid: 1 }]).join(''));
    await expect(readState(fileSystem, JOURNAL)).rejects.toMatchObject({
      code: 'NUFLOW_ILLEGAL_RECORD',
      details: { seq: 5, type: 'run.resumed' },
    });
  });
});

describe('following records', () => {
  /** A change that others announce. */
  function changes() {
    let announce = (): void => {};
    let asked = (): void => {};
    const looked = { next: Promise.resolve() };
    const waited = (): void => {
      looked.next = new Promise((resolve) => {
        asked = resolve;
      });
    };
    waited();
    return {
      changed: (): Promise<void> => {
        asked();
        return new Promise((resolve) => {
          announce = resolve;
        });
      },
      /** Resolves when the follower has seen all there is and waits. */
      waits: async (): Promise<void> => {
        await looked.next;
        waited();
      },
      announce: () => announce(),
    };
  }

  it('gives what is there and what comes, until the run has finished', async () => {
    const { changed, waits, announce } = changes();
    const journal = await FileJournal.create(platformWith(memory), JOURNAL, new Notes());
    journal.append(STARTED);
    await journal.flush();
    const seen: number[] = [];
    const following = (async () => {
      for await (const { seq } of followRecords(fileSystem, JOURNAL, { changed })) seen.push(seq);
    })();
    await waits();
    expect(seen).toEqual([1]);
    for (const draft of DRAFTS.slice(1)) {
      journal.append(draft);
      await journal.flush();
      const next = draft.type === 'run.finished' ? following : waits();
      announce();
      await next;
      expect(seen.at(-1)).toBe(journal.lastSeq);
    }
    expect([seen, openNow()]).toEqual([[1, 2, 3, 4], 0]);
    await journal.close();
  });

  it('waits for the rest of a record that is being written', async () => {
    const { changed, waits, announce } = changes();
    const text = linesOf(DRAFTS).join('');
    memory.put(JOURNAL, text.slice(0, -10));
    const following = collect(followRecords(fileSystem, JOURNAL, { from: 3, changed }));
    await waits();
    memory.put(JOURNAL, text);
    announce();
    expect(seqs(await following)).toEqual([3, 4]);
  });

  it('ends without an error when it is aborted, also while it waits', async () => {
    const { changed, waits } = changes();
    memory.put(JOURNAL, linesOf(DRAFTS.slice(0, 2)).join(''));
    const abort = new AbortController();
    const { signal } = abort;
    const following = collect(followRecords(fileSystem, JOURNAL, { changed, signal }));
    await waits();
    abort.abort();
    expect(seqs(await following)).toEqual([1, 2]);
    expect(await collect(followRecords(fileSystem, JOURNAL, { changed, signal }))).toEqual([]);
  });

  it('goes on after a change when it could be aborted but was not', async () => {
    const { changed, waits, announce } = changes();
    memory.put(JOURNAL, linesOf(DRAFTS.slice(0, 2)).join(''));
    const { signal } = new AbortController();
    const following = collect(followRecords(fileSystem, JOURNAL, { changed, signal }));
    await waits();
    memory.put(JOURNAL, linesOf(DRAFTS).join(''));
    announce();
    expect(seqs(await following)).toEqual([1, 2, 3, 4]);
  });

  it('ends with the error of who tells of changes', async () => {
    memory.put(JOURNAL, linesOf(DRAFTS.slice(0, 2)).join(''));
    const changed = () => Promise.reject(new Error('no watcher'));
    const following = collect(followRecords(fileSystem, JOURNAL, { changed }));
    await expect(following).rejects.toThrow('no watcher');
  });
});
