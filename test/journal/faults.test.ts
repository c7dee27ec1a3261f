import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalReadError, JournalWriteError } from '../../src/errors.js';
import { FileJournal } from '../../src/journal/file/file-journal.js';
import type { Journal, JournalListener } from '../../src/journal/journal.js';
import type { JournalRecord, RecordDraft } from '../../src/journal/records/record.js';
import { DiskFullError } from '../../src/journal/storage-errors.js';
import type { FileSystem } from '../../src/platform/file-system.js';
import { FaultyFileSystem, type Manner } from '../support/faulty-file-system.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';
import { collect, DRAFTS, JOURNAL, linesOf, Notes, platformWith, STARTED } from './rig.js';

/** What came of a session: what was appended, and how far the journal said it was on disk. */
interface Account {
  readonly appended: JournalRecord[];
  durableSeq: number;
  readonly failures: Error[];
  error: unknown;
}

const TORN = linesOf([STARTED])[0]?.slice(0, 40) ?? '';
const RESUMED: RecordDraft = { type: 'run.resumed', pid: 1 };

/**
 * A life of a journal: made over what a crash left of its first record, appended to in several syncs,
 * read, closed, torn by a crash, opened, appended to, closed. Stops at the first error, as a run does.
 */
async function session(fileSystem: FileSystem, disk: MemoryFileSystem): Promise<Account> {
  const account: Account = { appended: [], durableSeq: 0, failures: [], error: undefined };
  const listener: JournalListener = {
    durable: (seq) => {
      account.durableSeq = seq;
    },
    failed: (error) => void account.failures.push(error),
  };
  const platform = platformWith(fileSystem);
  const append = async (journal: Journal, drafts: readonly RecordDraft[]): Promise<void> => {
    for (const draft of drafts) account.appended.push(journal.append(draft));
    await journal.flush();
  };
  try {
    const journal = await FileJournal.create(platform, JOURNAL, listener);
    try {
      await append(journal, DRAFTS.slice(0, 1));
      await append(journal, DRAFTS.slice(1, 3));
      await collect(journal.read());
    } finally {
      await journal.close();
    }
    tear(disk);
    const again = await FileJournal.open(platform, JOURNAL, listener, () => {});
    try {
      await append(again, [RESUMED]);
    } finally {
      await again.close();
    }
  } catch (error) {
    account.error = error;
  }
  return account;
}

/** Leaves half a line at the end, as a process that dies while it writes. */
function tear(disk: MemoryFileSystem): void {
  const half = linesOf([RESUMED])[0]?.slice(0, 30) ?? '';
  disk.put(JOURNAL, Buffer.concat([disk.bytes(JOURNAL), Buffer.from(half)]));
}

function fresh(begun: 'anew' | 'over torn' = 'anew'): {
  disk: MemoryFileSystem;
  fileSystem: FaultyFileSystem;
} {
  const disk = new MemoryFileSystem();
  disk.put(begun === 'anew' ? '/data/runs/other/journal.ndjson' : JOURNAL, TORN);
  const fileSystem = new FaultyFileSystem(disk);
  fileSystem.onFailure = (operation, path) => {
    if (operation === 'sync') disk.failSync(path);
  };
  return { disk, fileSystem };
}

/** The records a new process finds. */
async function found(disk: MemoryFileSystem): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  if (!(await disk.size(JOURNAL))) return records;
  const platform = platformWith(disk);
  const journal = await FileJournal.open(platform, JOURNAL, new Notes(), (r) => records.push(r));
  records.push(journal.append(RESUMED));
  await journal.close();
  return records.slice(0, -1);
}

const unhandled: unknown[] = [];
const note = (error: unknown): void => void unhandled.push(error);
beforeEach(() => void process.on('unhandledRejection', note));
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled.splice(0)).toEqual([]);
});

/** Every call of the session, made once to learn them. */
async function callsOfSession(begun: 'anew' | 'over torn'): Promise<string[]> {
  const { disk, fileSystem } = fresh(begun);
  const { error, appended, durableSeq } = await session(fileSystem, disk);
  expect([error, appended.length, durableSeq]).toEqual([undefined, 4, 4]);
  return [...fileSystem.asked];
}

const OPERATIONS = [
  ...['open', 'read', 'write', 'rewrite', 'sync', 'truncate', 'close'],
  ...['syncDir', 'makeNewDir', 'size'],
];
const CASES: [Manner, (operation: string) => boolean][] = [
  ['refused', () => true],
  ['done', () => true],
  ['short', (operation) => operation === 'write'],
  ['empty', (operation) => operation === 'write'],
];

/** Operations whose failure changes nothing: a closed file has been synced before. */
const HARMLESS = /^close /;
/** Operations after whose failure nothing more may be done to the file. */
const POISONING = /^(write|rewrite|sync|truncate) .*\/journal\.ndjson$/;

it('a journal uses every operation that is made to fail here', async () => {
  const calls = [...(await callsOfSession('anew')), ...(await callsOfSession('over torn'))];
  const met = new Set(calls.map((call) => call.split(' ')[0]));
  expect([...met].sort()).toEqual([...OPERATIONS].sort());
});

describe.each(['anew', 'over torn'] as const)(
  'a journal made %s, of which any one call fails',
  (begun) => {
    it.each(CASES)(
      '%s: stops with an error that says so, and has told no lies',
      async (manner, of) => {
        let failed = 0;
        for (const [call, name] of (await callsOfSession(begun)).entries()) {
          if (!of(name.split(' ')[0] ?? '')) continue;
          const { disk, fileSystem } = fresh(begun);
          fileSystem.failCall(call, manner);
          const account = await session(fileSystem, disk);
          await assertHonest(account, disk, `${manner} ${name}`);
          if (account.error === undefined && HARMLESS.test(name)) continue;
          assertStopped(account, name);
          // Half a write is no error yet: the one for the other half is.
          const known = manner === 'short' ? call + 2 : call + 1;
          if (POISONING.test(name)) assertUntouched(fileSystem.asked.slice(known), name);
          failed++;
        }
        expect(failed).toBeGreaterThan(manner === 'refused' ? 25 : 3);
      },
    );
  },
);

/** What was said to be on disk is, also after a power cut, and what is there is what was appended. */
async function assertHonest(account: Account, disk: MemoryFileSystem, what: string): Promise<void> {
  for (const left of [disk.afterPowerCut(), disk]) {
    const records = await found(left);
    expect(records.length, what).toBeGreaterThanOrEqual(account.durableSeq);
    expect(records, what).toEqual(account.appended.slice(0, records.length));
    if (!(await left.size(JOURNAL))) continue;
    // What a new process builds on holds, whatever the failed call left in the page cache.
    expect((await found(left.afterPowerCut())).slice(0, -1), what).toEqual(records);
  }
}

function assertStopped({ error, failures }: Account, name: string): void {
  const reads = /^read |^open .*journal\.ndjson$/.test(name);
  const refused = [JournalWriteError, DiskFullError, ...(reads ? [JournalReadError] : [])];
  expect(refused, name).toContain(error?.constructor);
  expect(error, name).toMatchObject({ details: { file: JOURNAL } });
  expect(String(error), name).toContain(JOURNAL);
  expect(failures.length, name).toBeLessThanOrEqual(1);
}

function assertUntouched(later: readonly string[], name: string): void {
  const touches = later.filter((call) => POISONING.test(call));
  expect(touches, name).toEqual([]);
}

describe('a journal whose sync failed', () => {
  /** A journal with one record on disk, the next sync of which fails. */
  async function failing() {
    const { disk, fileSystem } = fresh();
    const notes = new Notes();
    const journal = await FileJournal.create(platformWith(fileSystem), JOURNAL, notes);
    journal.append(STARTED);
    await journal.flush();
    fileSystem.fail('sync', JOURNAL, 'EIO');
    return { disk, fileSystem, notes, journal };
  }

  it('fails everything that waits for it, once, and tells its listener once', async () => {
    const { journal, notes } = await failing();
    journal.append(RESUMED);
    const flushes = [journal.flush(), journal.flush()];
    for (const result of await Promise.allSettled(flushes))
      expect(result).toMatchObject({ reason: { code: 'NUFLOW_JOURNAL_WRITE' } });
    expect([journal.durableSeq, notes.durableSeqs, notes.failures.length]).toEqual([1, [1], 1]);
    expect(notes.failures[0]).toMatchObject({ cause: { code: 'EIO' } });
  });

  it('writes nothing more, not even when the disk is well again', async () => {
    const { journal, fileSystem } = await failing();
    journal.append(RESUMED);
    await journal.flush().catch(() => {});
    fileSystem.heal();
    const before = fileSystem.asked.length;
    expect(() => journal.append(RESUMED)).toThrow(JournalWriteError);
    await expect(journal.flush()).rejects.toThrow(JournalWriteError);
    await journal.close();
    expect(fileSystem.asked.slice(before).filter((call) => !call.startsWith('close'))).toEqual([]);
  });

  it('drops what was appended while the sync was in flight', async () => {
    const { journal, fileSystem, disk } = await failing();
    let begun = (): void => {};
    const waits = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let release = (): void => {};
    fileSystem.beforeSync = () => {
      begun();
      return new Promise((resolve) => {
        release = resolve;
      });
    };
    journal.append(RESUMED);
    await waits;
    journal.append(RESUMED);
    const size = await disk.size(JOURNAL);
    release();
    await expect(journal.flush()).rejects.toThrow(JournalWriteError);
    expect([journal.lastSeq, journal.durableSeq, await disk.size(JOURNAL)]).toEqual([3, 1, size]);
  });

  it('is believed by the next process only after that has put it on disk itself', async () => {
    const { journal, fileSystem, disk } = await failing();
    journal.append(RESUMED);
    await journal.flush().catch(() => {});
    disk.failSync(JOURNAL);
    expect(await found(disk.afterPowerCut())).toHaveLength(1);
    fileSystem.heal();
    expect(await found(disk)).toHaveLength(2);
    expect(await found(disk.afterPowerCut())).toHaveLength(3);
  });

  it('closes its file by itself, and gives what is on disk to who reads', async () => {
    const { journal, fileSystem } = await failing();
    const before = fileSystem.count('close', JOURNAL);
    journal.append(RESUMED);
    await journal.flush().catch(() => {});
    await journal.close();
    expect(fileSystem.count('close', JOURNAL) - before).toBe(1);
    expect(await collect(journal.read())).toHaveLength(1);
  });
});

it('takes a write in as many parts as the system likes', async () => {
  const disk = new MemoryFileSystem();
  const fileSystem = new FaultyFileSystem(disk);
  fileSystem.writeLimit = 7;
  const journal = await FileJournal.create(platformWith(fileSystem), JOURNAL, new Notes());
  for (const draft of DRAFTS) journal.append(draft);
  await journal.close();
  expect(String(disk.bytes(JOURNAL))).toBe(linesOf(DRAFTS).join(''));
  expect(fileSystem.count('write')).toBeGreaterThan(50);
});

it('says so when its file becomes shorter while it is being opened', async () => {
  const disk = new MemoryFileSystem();
  disk.put(JOURNAL, linesOf(DRAFTS).join(''));
  const shrinking = new FaultyFileSystem(disk);
  const open = shrinking.open.bind(shrinking);
  shrinking.open = async (path, mode) => {
    const file = await open(path, mode);
    if (mode === 'append') await file.truncate(10);
    return file;
  };
  const opening = FileJournal.open(platformWith(shrinking), JOURNAL, new Notes(), () => {});
  await expect(opening).rejects.toThrow('it became shorter');
});

it('gives the first error when its file can not be closed either', async () => {
  const disk = new MemoryFileSystem();
  disk.put(JOURNAL, linesOf(DRAFTS).join(''));
  const fileSystem = new FaultyFileSystem(disk);
  fileSystem.fail('sync', JOURNAL, 'EIO');
  fileSystem.fail('close', JOURNAL, 'EBADF');
  const opening = FileJournal.open(platformWith(fileSystem), JOURNAL, new Notes(), () => {});
  await expect(opening).rejects.toMatchObject({ cause: { code: 'EIO' } });
});
