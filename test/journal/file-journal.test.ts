import { appendFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { JournalWriteError } from '../../src/errors.js';
import { FileJournal } from '../../src/journal/file/file-journal.js';
import type { JournalRecord, RecordDraft } from '../../src/journal/records/record.js';
import { ControlledClock } from '../support/controlled-clock.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { journalContract } from '../support/journal-contract.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';
import {
  AT,
  collect,
  DRAFTS,
  JOURNAL,
  linesOf,
  Notes,
  platform,
  platformWith,
  STARTED,
  tempDir,
  textOf,
} from './rig.js';

const folder = tempDir();
let runs = 0;
const newPath = (): string => join(folder, `run-${runs++}`, 'journal.ndjson');
const clockAt = (at: string) => ({ ...platform.clock, now: () => Date.parse(at) });

journalContract('FileJournal', (listener, at) =>
  FileJournal.create({ ...platform, clock: clockAt(at) }, newPath(), listener),
);
journalContract('FileJournal in memory', (listener, at) =>
  FileJournal.create(
    { ...platformWith(new MemoryFileSystem()), clock: clockAt(at) },
    JOURNAL,
    listener,
  ),
);

const RESUMED: RecordDraft = { type: 'run.resumed', pid: 1 };

/** Opens a journal and gives what it replayed. */
async function reopened(path: string, using = platform) {
  const replayed: JournalRecord[] = [];
  const journal = await FileJournal.open(using, path, new Notes(), (record) =>
    replayed.push(record),
  );
  return { journal, replayed };
}

describe('a journal in a file', () => {
  it('holds the lines of its records and nothing else, for its owner only', async () => {
    const path = newPath();
    const journal = await FileJournal.create(platform, path, new Notes());
    for (const draft of DRAFTS) journal.append(draft);
    await journal.close();
    expect(textOf(path)).toBe(linesOf(DRAFTS).join(''));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('fails, with a code, where a record can not be made text', async () => {
    const journal = await FileJournal.create(platform, newPath(), new Notes());
    const output = {
      toJSON: () => {
        throw new RangeError('Invalid string length'); // as of more than 512 MiB
      },
    } as unknown as string;
    const tooLong: RecordDraft = { type: 'task.succeeded', task: 'a', attempt: 1, output };
    expect(() => journal.append(tooLong)).toThrow(JournalWriteError);
    await journal.close();
  });

  it('says in each first record behind a sync what that sync put on disk', async () => {
    const path = newPath();
    const journal = await FileJournal.create(platform, path, new Notes());
    for (const batch of [DRAFTS.slice(0, 2), DRAFTS.slice(2, 3), DRAFTS.slice(3)]) {
      for (const draft of batch) journal.append(draft);
      await journal.flush();
    }
    await journal.close();
    const claims = new Map([
      [3, 2],
      [4, 3],
    ]);
    expect(textOf(path)).toBe(linesOf(DRAFTS, (seq) => claims.get(seq)).join(''));
  });

  it('gives the same records live, through read, and to who opens it again', async () => {
    const path = newPath();
    const journal = await FileJournal.create(platform, path, new Notes());
    const live = DRAFTS.map((draft) => journal.append(draft));
    await journal.flush();
    expect(await collect(journal.read())).toEqual(live);
    await journal.close();
    const again = await reopened(path);
    expect(again.replayed).toEqual(live);
    expect([again.journal.lastSeq, again.journal.durableSeq]).toEqual([4, 4]);
    await again.journal.close();
  });

  it('goes on where another process stopped, over and over', async () => {
    const path = newPath();
    const first = await FileJournal.create(platform, path, new Notes());
    first.append(STARTED);
    await first.close();
    for (let pid = 1; pid <= 5; pid++) {
      const { journal, replayed } = await reopened(path);
      expect(replayed).toHaveLength(pid);
      journal.append({ type: 'run.resumed', pid });
      await journal.close();
    }
    const { journal, replayed } = await reopened(path);
    expect(replayed.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    await journal.close();
  });

  it('is not made over one that has records', async () => {
    const path = newPath();
    const journal = await FileJournal.create(platform, path, new Notes());
    journal.append(STARTED);
    await journal.close();
    const before = textOf(path);
    await expect(FileJournal.create(platform, path, new Notes())).rejects.toThrow(
      JournalWriteError,
    );
    expect(textOf(path)).toBe(before);
  });

  it('is made over the first record of a run that was never accepted, which is kept beside it', async () => {
    const path = newPath();
    const journal = await FileJournal.create(platform, path, new Notes());
    await journal.close();
    const [line = ''] = linesOf(DRAFTS);
    appendFileSync(path, line.slice(0, 50));
    const again = await FileJournal.create(platform, path, new Notes());
    again.append(STARTED);
    await again.close();
    expect(textOf(path)).toBe(line);
    const [kept = ''] = readdirSync(join(path, '..')).filter((name) => name.includes('torn'));
    expect(textOf(join(path, '..', kept))).toBe(line.slice(0, 50));
  });

  it('cuts a torn end, keeps it beside the file, and appends behind what is good', async () => {
    const path = newPath();
    const journal = await FileJournal.create(platform, path, new Notes());
    for (const draft of DRAFTS.slice(0, 3)) journal.append(draft);
    await journal.close();
    const torn = linesOf(DRAFTS)[3]?.slice(0, -1) ?? '';
    appendFileSync(path, torn);
    const again = await reopened(path);
    expect(again.replayed).toHaveLength(3);
    again.journal.append(RESUMED);
    await again.journal.close();
    const { journal: last, replayed } = await reopened(path);
    await last.close();
    expect(replayed.at(-1)).toEqual({ seq: 4, at: AT, ...RESUMED });
    const names = readdirSync(join(path, '..')).filter((name) => name !== 'journal.ndjson');
    expect(names).toEqual([expect.stringMatching(/^journal\.ndjson\.torn-4-[0-9a-f]{8}$/)]);
    expect(textOf(join(path, '..', names[0] ?? ''))).toBe(torn);
  });

  it('is found after a power cut as soon as its first record counts', async () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.put('/data/lock', '');
    await fileSystem.makeDir('/data/runs');
    await fileSystem.syncDir('/data');
    const journal = await FileJournal.create(platformWith(fileSystem), JOURNAL, new Notes());
    journal.append(STARTED);
    expect(await fileSystem.afterPowerCut().size(JOURNAL)).toBeFalsy();
    await journal.flush();
    expect(String(fileSystem.afterPowerCut().bytes(JOURNAL))).toBe(linesOf([STARTED]).join(''));
    await journal.close();
  });
});

describe('a journal that can not be opened', () => {
  it('leaves no sync in flight: were that to fail later, it would take from the cache what the next opener has read', async () => {
    const disk = new MemoryFileSystem();
    const before = await FileJournal.create(platformWith(disk), JOURNAL, new Notes());
    before.append(STARTED);
    await before.close();
    const fileSystem = new FaultyFileSystem(disk);
    fileSystem.fail('syncDir', '', 'EIO');
    const refused = new Promise<void>((resolve) => {
      fileSystem.onFailure = () => resolve();
    });
    let release = (): void => {};
    const syncs = new Promise<void>((begun) => {
      fileSystem.beforeSync = () => {
        begun();
        return new Promise((resolve) => {
          release = resolve;
        });
      };
    });
    const events: string[] = [];
    const opening = reopened(JOURNAL, platformWith(fileSystem)).catch((error) => {
      events.push('refused');
      return error;
    });
    await Promise.all([syncs, refused]);
    await new Promise((resolve) => setImmediate(resolve)); // in memory, all that follows has happened by then
    events.push('synced');
    release();
    expect(await opening).toBeInstanceOf(JournalWriteError);
    expect(events).toEqual(['synced', 'refused']);
  });
});

describe('group commit', () => {
  let fileSystem: FaultyFileSystem;
  let path: string;
  let notes: Notes;
  let journal: FileJournal;
  /** Lets the sync that waits be done. */
  let release: () => void;
  /** Resolves when a sync has begun to wait. */
  let waits: () => Promise<void>;
  const syncs = (): number => fileSystem.count('sync', 'journal.ndjson');

  beforeEach(async () => {
    fileSystem = new FaultyFileSystem(platform.fileSystem);
    path = newPath();
    notes = new Notes();
    journal = await FileJournal.create(platformWith(fileSystem), path, notes);
    let begun = (): void => {};
    fileSystem.beforeSync = () => {
      begun();
      return new Promise((resolve) => {
        release = resolve;
      });
    };
    waits = () =>
      new Promise((resolve) => {
        begun = resolve;
      });
  });

  it('lets what is appended while a sync is in flight share the next one', async () => {
    const first = waits();
    journal.append(STARTED);
    await first;
    const flushed = Array.from({ length: 50 }, () => {
      journal.append(RESUMED);
      return journal.flush();
    });
    const second = waits();
    release();
    await second;
    expect([syncs(), journal.durableSeq, notes.durableSeqs]).toEqual([1, 1, [1]]);
    release();
    await Promise.all(flushed);
    expect([syncs(), journal.durableSeq, notes.durableSeqs]).toEqual([2, 51, [1, 51]]);
    await journal.close();
    expect(syncs()).toBe(2);
  });

  it('tells of nothing while its sync is in flight, and of nothing that came after it began', async () => {
    const first = waits();
    journal.append(STARTED);
    await first;
    journal.append(RESUMED);
    let flushed = false;
    void journal.flush().then(() => {
      flushed = true;
    });
    expect(await collect(journal.read())).toEqual([]);
    const second = waits();
    release();
    await second;
    expect([flushed, journal.durableSeq]).toEqual([false, 1]);
    expect(await collect(journal.read())).toHaveLength(1);
    release();
    await journal.close();
    expect([flushed, journal.durableSeq]).toEqual([true, 2]);
  });

  it('writes nothing while a sync is in flight', async () => {
    const first = waits();
    journal.append(STARTED);
    await first;
    const before = textOf(path);
    journal.append(RESUMED);
    await new Promise((resolve) => setImmediate(resolve));
    expect(textOf(path)).toBe(before);
    const second = waits();
    release();
    await second;
    release();
    await journal.close();
    expect(textOf(path).length).toBeGreaterThan(before.length);
  });
});

describe('that a task has a process', () => {
  const SPAWNED: RecordDraft = {
    type: 'task.spawned',
    task: 'server',
    attempt: 1,
    pid: 7,
    startTime: '1',
    bootId: 'b',
  };
  const PATIENCE_MS = 10;
  let fileSystem: FaultyFileSystem;
  let clock: ControlledClock;
  let path: string;
  let notes: Notes;
  let journal: FileJournal;
  const syncs = (): number => fileSystem.count('sync', 'journal.ndjson');
  const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  beforeEach(async () => {
    fileSystem = new FaultyFileSystem(platform.fileSystem);
    clock = new ControlledClock();
    path = newPath();
    notes = new Notes();
    journal = await FileJournal.create({ ...platform, fileSystem, clock }, path, notes);
    journal.append(STARTED);
    await journal.flush();
  });

  it('goes to the disk with the next record', async () => {
    journal.append(SPAWNED);
    await aTurn();
    await aTurn();
    expect([syncs(), journal.durableSeq]).toEqual([1, 1]);
    journal.append(RESUMED);
    await journal.flush();
    expect([syncs(), notes.durableSeqs]).toEqual([2, [1, 3]]);
    expect(clock.awaited).toEqual([]);
    await journal.close();
  });

  it('goes by itself when none comes for a while, however many came after it', async () => {
    journal.append(SPAWNED);
    clock.move(PATIENCE_MS - 1);
    journal.append({ ...SPAWNED, task: 'other' });
    await aTurn();
    expect(syncs()).toBe(1);
    await clock.pass(1);
    await vi.waitFor(() => expect(journal.durableSeq).toBe(3));
    expect([syncs(), clock.awaited]).toEqual([2, []]);
    await journal.close();
  });

  it('does not take a sync of its own when one ends that was in flight', async () => {
    let release = (): void => {};
    const begun = new Promise<void>((resolve) => {
      fileSystem.beforeSync = () => {
        resolve();
        return new Promise((done) => {
          release = done;
        });
      };
    });
    journal.append(RESUMED);
    await begun;
    journal.append(SPAWNED);
    release();
    await vi.waitFor(() => expect(journal.durableSeq).toBe(2));
    await aTurn();
    expect(fileSystem.asked.filter((call) => call.startsWith('sync '))).toHaveLength(2);
    fileSystem.beforeSync = async () => {};
    await clock.pass(PATIENCE_MS);
    await vi.waitFor(() => expect(journal.durableSeq).toBe(3));
    await journal.close();
  });

  it('is on disk when somebody has waited for it', async () => {
    journal.append(SPAWNED);
    await journal.flush();
    expect([syncs(), journal.durableSeq, clock.awaited]).toEqual([2, 2, []]);
    await journal.close();
  });

  it('is on disk when the journal is closed', async () => {
    journal.append(SPAWNED);
    await journal.close();
    expect(textOf(path).trim().split('\n')).toHaveLength(2);
    expect(clock.awaited).toEqual([]);
  });

  it('is not written after a failure', async () => {
    fileSystem.fail('sync', 'journal.ndjson', 'EIO');
    journal.append(RESUMED);
    journal.append(SPAWNED);
    await expect(journal.flush()).rejects.toThrow(JournalWriteError);
    expect(clock.awaited).toEqual([]);
  });
});
