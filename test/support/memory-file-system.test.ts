import { describe, expect, it } from 'vitest';
import { fileSystemContract } from './file-system-contract.js';
import { MemoryFileSystem } from './memory-file-system.js';

fileSystemContract('Memory', () => {
  const fileSystem = new MemoryFileSystem();
  fileSystem.put('/data/folder/x', '');
  void fileSystem.remove('/data/folder/x');
  return { fileSystem, folder: '/data/folder' };
});

describe('a power cut', () => {
  it('leaves synced bytes of files with synced names', async () => {
    const fileSystem = new MemoryFileSystem();
    await fileSystem.makeDir('/a/b');
    await Promise.all(['/', '/a', '/a/b'].map((path) => fileSystem.syncDir(path)));
    const file = await fileSystem.open('/a/b/f', 'append');
    file.write(Buffer.from('one'));
    await file.sync();
    expect(await fileSystem.afterPowerCut().size('/a/b/f')).toBeUndefined();
    await fileSystem.syncDir('/a/b');
    file.write(Buffer.from('two'));
    expect(String(fileSystem.afterPowerCut().bytes('/a/b/f'))).toBe('one');
    expect(String(fileSystem.bytes('/a/b/f'))).toBe('onetwo');
  });

  it('undoes a cut, a rename and a removal that were not synced', async () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.put('/cut', '0123');
    fileSystem.put('/from', 'new');
    fileSystem.put('/to', 'old');
    fileSystem.put('/gone', 'here');
    await (await fileSystem.open('/cut', 'append')).truncate(1);
    await fileSystem.rename('/from', '/to');
    await fileSystem.remove('/gone');
    const left = fileSystem.afterPowerCut();
    const contents = ['/cut', '/from', '/to', '/gone'].map((path) => String(left.bytes(path)));
    expect(contents).toEqual(['0123', 'new', 'old', 'here']);
  });

  it('takes what a failed sync did not write, although readers see it and a later sync succeeds', async () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.put('/f', 'one');
    const file = await fileSystem.open('/f', 'append');
    file.write(Buffer.from('two'));
    fileSystem.failSync('/f');
    file.write(Buffer.from('three'));
    await file.sync();
    expect(String(fileSystem.bytes('/f'))).toBe('onetwothree');
    expect(String(fileSystem.afterPowerCut().bytes('/f'))).toBe('one\0\0\0three');
    await fileSystem.rewrite('/f', Buffer.from('two'), 3);
    await file.sync();
    expect(String(fileSystem.afterPowerCut().bytes('/f'))).toBe('onetwothree');
  });
});
