import { beforeEach, describe, expect, it } from 'vitest';
import { Reserve } from '../../src/journal/data-dir/reserve.js';
import { FileJournal } from '../../src/journal/file/file-journal.js';
import { reopenFull } from '../../src/journal/file/reopen-full.js';
import { BEGINNING } from '../../src/journal/file/scan.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';
import { DRAFTS, linesOf, Notes, platform, STARTED } from './rig.js';

const PATH = '/data/reserve';
const JOURNAL = '/data/runs/one/journal.ndjson';
const NO_SPACE = Object.assign(new Error('no space'), { code: 'ENOSPC' });

let memory: MemoryFileSystem;
let fileSystem: FaultyFileSystem;
beforeEach(async () => {
  memory = new MemoryFileSystem();
  fileSystem = new FaultyFileSystem(memory);
  await memory.makeDir('/data/runs/one');
});

describe('a reserve', () => {
  it('takes its space when it is made, and gives it back when it is freed', async () => {
    const reserve = new Reserve(fileSystem, PATH, 5_000);
    await reserve.ensure();
    expect(await memory.size(PATH)).toBe(5_000);
    expect(await reserve.free(NO_SPACE)).toBe(true);
    expect(await memory.size(PATH)).toBeUndefined();
  });

  it('is made again when what it was freed for is over', async () => {
    const reserve = new Reserve(fileSystem, PATH, 5_000);
    await reserve.ensure();
    await reserve.free(NO_SPACE);
    await expect(reserve.ensure()).resolves.toBeUndefined();
    expect(await memory.size(PATH)).toBe(5_000);
  });

  it('gives back nothing when none was made', async () => {
    expect(await new Reserve(fileSystem, PATH, 5_000).free(NO_SPACE)).toBe(false);
  });

  it.each([
    ['ENOSPC', 'NUFLOW_DISK_FULL'],
    ['EIO', 'NUFLOW_JOURNAL_WRITE'],
  ])('that can not be made for %s says so, and leaves no half of it', async (code, expected) => {
    fileSystem.fail('write', PATH, code);
    const reserve = new Reserve(fileSystem, PATH, 5_000);
    await expect(reserve.ensure()).rejects.toMatchObject({ code: expected });
    expect(await memory.size(PATH)).toBeUndefined();
  });

  it('says why it could not be made, also when half of it can not be removed', async () => {
    fileSystem.fail('write', PATH, 'ENOSPC');
    fileSystem.fail('remove', PATH, 'EIO', 1);
    const making = new Reserve(fileSystem, PATH, 5_000).ensure();
    await expect(making).rejects.toMatchObject({ code: 'NUFLOW_DISK_FULL' });
  });

  it('that can not be removed makes no space', async () => {
    const reserve = new Reserve(fileSystem, PATH, 5_000);
    await reserve.ensure();
    fileSystem.fail('remove', PATH, 'EIO');
    expect(await reserve.free(NO_SPACE)).toBe(false);
  });
});

describe('a reserve of which the file system tells when it is full', () => {
  it('is given back then, before a write failed, and what made it necessary is told', async () => {
    let isFull = false;
    fileSystem.isFull = async () => isFull;
    const reserve = new Reserve(fileSystem, PATH, 5_000);
    const causes: Error[] = [];
    reserve.onFreed = async (cause) => void causes.push(cause);
    await reserve.freeIfFull(); // none is made yet
    await reserve.ensure();
    await reserve.freeIfFull();
    expect([reserve.canLook, await memory.size(PATH), causes]).toEqual([true, 5_000, []]);
    isFull = true;
    await reserve.freeIfFull();
    expect(await memory.size(PATH)).toBeUndefined();
    expect(causes).toMatchObject([{ code: 'ENOSPC' }]);
  });

  it('is refused to who asks for space while there is none beside it', async () => {
    fileSystem.isFull = async () => true;
    const reserve = new Reserve(fileSystem, PATH, 5_000);
    await expect(reserve.assertSpace()).rejects.toMatchObject({ code: 'NUFLOW_DISK_FULL' });
    fileSystem.isFull = async () => false;
    await expect(reserve.assertSpace()).resolves.toBeUndefined();
  });

  it('is kept where the file system does not tell', async () => {
    const reserve = new Reserve(fileSystem, PATH, 5_000);
    await reserve.ensure();
    await reserve.freeIfFull();
    expect([reserve.canLook, await memory.size(PATH)]).toEqual([false, 5_000]);
  });
});

describe('a journal on a full disk', () => {
  const lines = linesOf(DRAFTS);
  const crc = Number.parseInt((lines[0] ?? '').slice(-11, -3), 16);
  const first = { offset: Buffer.byteLength(lines[0] ?? ''), seq: 1, crc };

  it('is cut back to what was acknowledged', async () => {
    memory.put(JOURNAL, lines.join(''));
    const file = await reopenFull(fileSystem, JOURNAL, first);
    await file.close();
    expect(await memory.size(JOURNAL)).toBe(first.offset);
  });

  it('is refused, untouched, when it is not what was acknowledged', async () => {
    memory.put(JOURNAL, lines.join(''));
    const other = { ...first, crc: first.crc ^ 1 };
    const refused = { code: 'NUFLOW_JOURNAL_DAMAGED' };
    await expect(reopenFull(fileSystem, JOURNAL, other)).rejects.toMatchObject(refused);
    await expect(reopenFull(fileSystem, JOURNAL, BEGINNING)).rejects.toMatchObject(refused);
    expect(await memory.size(JOURNAL)).toBe(Buffer.byteLength(lines.join('')));
  });

  it('is closed again when it can not be cut', async () => {
    memory.put(JOURNAL, lines.join(''));
    fileSystem.fail('truncate', JOURNAL, 'EIO');
    fileSystem.fail('close', JOURNAL, 'EIO', 1);
    await expect(reopenFull(fileSystem, JOURNAL, first)).rejects.toMatchObject({ code: 'EIO' });
  });

  it('is written on a new descriptor when there is room, though the old one can not be closed', async () => {
    const notes = Object.assign(new Notes(), { makeRoom: () => Promise.resolve(true) });
    const journal = await FileJournal.create({ ...platform, fileSystem }, JOURNAL, notes);
    journal.append(STARTED);
    await journal.flush();
    fileSystem.failNext('write', JOURNAL, 'ENOSPC');
    fileSystem.failNext('close', JOURNAL, 'EIO');
    journal.append({ type: 'task.started', task: 'server', attempt: 1 });
    await journal.flush();
    expect([notes.durableSeqs, notes.failures]).toEqual([[1, 2], []]);
    await journal.close();
  });
});
