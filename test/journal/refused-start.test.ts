import { beforeEach, describe, expect, it } from 'vitest';
import { FileJournal } from '../../src/journal/file/file-journal.js';
import { openForReading } from '../../src/journal/file/open-for-reading.js';
import { UnsafeFileError } from '../../src/platform/own-file.js';
import { FaultyFileSystem, type Operation } from '../support/faulty-file-system.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';
import { JOURNAL, Notes, platformWith, STARTED } from './rig.js';

const RUN_FOLDER = '/data/runs/create-wuji';
let disk: MemoryFileSystem;
let fileSystem: FaultyFileSystem;
beforeEach(async () => {
  disk = new MemoryFileSystem();
  await disk.makeDir('/data/runs');
  fileSystem = new FaultyFileSystem(disk);
});

/** A journal whose first record did not get to the disk. */
async function failed(operation: Operation, code = 'ENOSPC'): Promise<FileJournal> {
  const journal = await FileJournal.create(platformWith(fileSystem), JOURNAL, new Notes());
  fileSystem.fail(operation, JOURNAL, code);
  journal.append(STARTED);
  await expect(journal.flush()).rejects.toMatchObject({ code: 'NUFLOW_JOURNAL_WRITE' });
  return journal;
}

describe('a journal whose first record is not acknowledged', () => {
  it.each<Operation>(['write', 'sync'])(
    'is taken back whole when its %s failed, also after a power cut',
    async (operation) => {
      const journal = await failed(operation);
      expect(await journal.discard()).toBe(true);
      expect(await disk.list('/data/runs')).toEqual([]);
      expect(await disk.afterPowerCut().size(JOURNAL)).toBeUndefined();
    },
  );

  it.each<Operation>(['remove', 'syncDir', 'removeEmptyDir'])(
    'is said to be there still when %s fails',
    async (operation) => {
      const journal = await failed('sync');
      fileSystem.fail(operation, '', 'EIO');
      expect(await journal.discard()).toBe(false);
    },
  );

  it('keeps what else is in its folder', async () => {
    const journal = await failed('write');
    disk.put(`${RUN_FOLDER}/journal.ndjson.torn-1-ab`, 'half a record');
    expect(await journal.discard()).toBe(true);
    expect(await disk.list(RUN_FOLDER)).toEqual(['journal.ndjson.torn-1-ab']);
  });

  it('is let alone when another file has its name', async () => {
    const journal = await failed('write');
    await disk.remove(JOURNAL);
    disk.put(JOURNAL, 'another');
    expect(await journal.discard()).toBe(false);
    expect(disk.bytes(JOURNAL).toString()).toBe('another');
  });

  it('leaves no folder when it can not be made', async () => {
    fileSystem.fail('open', JOURNAL, 'EMFILE');
    const making = FileJournal.create(platformWith(fileSystem), JOURNAL, new Notes());
    await expect(making).rejects.toMatchObject({
      code: 'NUFLOW_JOURNAL_WRITE',
      message: expect.stringMatching(/EMFILE.*Nothing was started.*try again/),
    });
    expect(await disk.list('/data/runs')).toEqual([]);
  });

  it('says what failed also when its folder has to stay', async () => {
    fileSystem.fail('open', JOURNAL, 'ENOSPC');
    fileSystem.fail('remove', JOURNAL, 'EIO');
    const making = FileJournal.create(platformWith(fileSystem), JOURNAL, new Notes());
    await expect(making).rejects.toMatchObject({ code: 'NUFLOW_DISK_FULL' });
  });
});

it('a journal with an acknowledged record is not taken back', async () => {
  const journal = await FileJournal.create(platformWith(fileSystem), JOURNAL, new Notes());
  journal.append(STARTED);
  await journal.flush();
  expect(await journal.discard()).toBe(false);
  expect(await disk.size(JOURNAL)).toBeGreaterThan(0);
});

it('a journal in whose place something else was put says so', async () => {
  const journal = await FileJournal.create(platformWith(fileSystem), JOURNAL, new Notes());
  journal.append(STARTED);
  await journal.flush();
  await journal.close();
  const unsafe = new UnsafeFileError(JOURNAL, 'is a named pipe');
  const open = (path: string, mode: 'read' | 'append' | 'create') =>
    mode === 'append' ? Promise.reject(unsafe) : disk.open(path, mode);
  const replaced = platformWith(Object.assign(Object.create(disk), { open }));
  const opening = FileJournal.open(replaced, JOURNAL, new Notes(), () => {});
  await expect(opening).rejects.toBe(unsafe);
});

it('what is no regular file is told from what can not be read', async () => {
  const opened = (error: Error) => {
    const open = (): Promise<never> => Promise.reject(error);
    return openForReading(Object.assign(Object.create(disk), { open }), JOURNAL);
  };
  const unsafe = new UnsafeFileError(JOURNAL, 'is a named pipe');
  await expect(opened(unsafe)).rejects.toBe(unsafe);
  await expect(opened(new Error('EIO'))).rejects.toMatchObject({ code: 'NUFLOW_JOURNAL_READ' });
});
