import { beforeEach, describe, expect, it } from 'vitest';
import { writeDurably } from '../../src/journal/file/write-durably.js';
import { FaultyFileSystem } from '../support/faulty-file-system.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';

const PATH = '/data/file';
let memory: MemoryFileSystem;
let fileSystem: FaultyFileSystem;
beforeEach(() => {
  memory = new MemoryFileSystem();
  memory.put(PATH, 'before');
  fileSystem = new FaultyFileSystem(memory);
});

describe('writing a file durably', () => {
  it('puts it on disk whole, with its name, however big', async () => {
    const bytes = Buffer.alloc(2_500_000, '0123456789');
    await writeDurably(fileSystem, PATH, bytes);
    expect(memory.afterPowerCut().bytes(PATH).equals(bytes)).toBe(true);
    expect(fileSystem.count('write')).toBe(3);
    expect(await memory.list('/data')).toEqual(['file']);
  });

  it('leaves the file whole or as it was, and nothing beside it, whichever call fails', async () => {
    await writeDurably(fileSystem, PATH, Buffer.from('after'));
    const calls = [...fileSystem.asked];
    for (const [call, name] of calls.entries()) {
      memory.put(PATH, 'before');
      fileSystem = new FaultyFileSystem(memory);
      fileSystem.failCall(call, 'refused');
      await writeDurably(fileSystem, PATH, Buffer.from('after')).catch(() => {});
      for (const left of [memory, memory.afterPowerCut()])
        expect(['before', 'after'], name).toContain(String(left.bytes(PATH)));
      expect(await memory.list('/data'), name).toEqual(['file']);
    }
    expect(calls.length).toBeGreaterThan(5);
  });

  it('tells of the first error when what was written can not be removed either', async () => {
    fileSystem.fail('sync', '', 'EIO');
    fileSystem.fail('remove', '', 'EROFS', 1);
    const writing = writeDurably(fileSystem, PATH, Buffer.from('after'));
    await expect(writing).rejects.toMatchObject({ code: 'EIO' });
  });
});
