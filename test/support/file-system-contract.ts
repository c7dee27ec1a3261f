import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { FileSystem } from '../../src/platform/file-system.js';

const text = (words: string): Uint8Array => Buffer.from(words);

/** What every FileSystem promises. `make` gives one, and the path of an empty folder in it. */
export function fileSystemContract(
  name: string,
  make: () => { readonly fileSystem: FileSystem; readonly folder: string },
): void {
  describe(`${name} as a file system`, () => {
    let fileSystem: FileSystem;
    let folder: string;
    beforeEach(() => {
      ({ fileSystem, folder } = make());
    });
    const at = (...names: string[]): string => join(folder, ...names);

    const write = async (path: string, words: string): Promise<void> => {
      const file = await fileSystem.open(path, 'append');
      file.write(text(words));
      await file.close();
    };
    const read = async (path: string): Promise<string> => {
      const file = await fileSystem.open(path, 'read');
      const into = Buffer.alloc(1000);
      const length = await file.read(into, 0);
      await file.close();
      return into.toString('utf8', 0, length);
    };

    it('makes folders with those around them, and again without an error', async () => {
      await fileSystem.makeDir(at('a', 'b', 'c'));
      await fileSystem.makeDir(at('a', 'b', 'c'));
      expect(await fileSystem.list(at('a', 'b'))).toEqual(['c']);
    });

    it('makes one new folder, and tells when it was there', async () => {
      expect(await fileSystem.makeNewDir(at('a'))).toBe(true);
      expect(await fileSystem.makeNewDir(at('a'))).toBe(false);
      await expect(fileSystem.makeNewDir(at('x', 'y'))).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('removes a folder only when it is empty', async () => {
      await fileSystem.makeDir(at('a', 'b'));
      await fileSystem.removeEmptyDir(at('a'));
      expect(await fileSystem.list(at('a'))).toEqual(['b']);
      await fileSystem.removeEmptyDir(at('a', 'b'));
      await fileSystem.removeEmptyDir(at('a'));
      await fileSystem.removeEmptyDir(at('a'));
      expect(await fileSystem.list(folder)).toEqual([]);
    });

    it('lists names, none where there is no folder', async () => {
      await write(at('file'), 'x');
      await fileSystem.makeDir(at('dir'));
      expect((await fileSystem.list(folder)).sort()).toEqual(['dir', 'file']);
      expect(await fileSystem.list(at('nowhere'))).toEqual([]);
    });

    it('adds to a file at its end, whoever else has it open', async () => {
      const one = await fileSystem.open(at('f'), 'append');
      const other = await fileSystem.open(at('f'), 'append');
      expect([one.write(text('one')), other.write(text('two')), one.write(text('3'))]).toEqual([
        3, 3, 1,
      ]);
      await Promise.all([one.sync(), other.sync()]);
      expect(await read(at('f'))).toBe('onetwo3');
      await Promise.all([one.close(), other.close()]);
    });

    it('reads at any place, as much as there is, through a file open for appending too', async () => {
      const file = await fileSystem.open(at('f'), 'append');
      file.write(text('0123456789'));
      const into = Buffer.alloc(4);
      const parts: string[] = [];
      for (const position of [0, 4, 8, 10, 99])
        parts.push(into.toString('utf8', 0, await file.read(into, position)));
      expect(parts).toEqual(['0123', '4567', '89', '', '']);
      await file.close();
    });

    it('cuts a file, and adds behind the cut', async () => {
      const file = await fileSystem.open(at('f'), 'append');
      file.write(text('0123456789'));
      await file.truncate(4);
      file.write(text('x'));
      expect(await read(at('f'))).toBe('0123x');
      await file.close();
    });

    it('writes over what is there, and leaves the rest', async () => {
      await write(at('f'), '0123456789');
      const file = await fileSystem.open(at('f'), 'append');
      await fileSystem.rewrite(at('f'), text('xyz'), 4);
      await fileSystem.rewrite(at('f'), text(''), 2);
      file.write(text('!'));
      await file.sync();
      expect(await read(at('f'))).toBe('0123xyz789!');
      await file.close();
    });

    it('creates a file once', async () => {
      const file = await fileSystem.open(at('f'), 'create');
      file.write(text('new'));
      await file.close();
      await expect(fileSystem.open(at('f'), 'create')).rejects.toMatchObject({ code: 'EEXIST' });
      expect(await read(at('f'))).toBe('new');
    });

    it('tells the size, none when there is no such file', async () => {
      await write(at('f'), 'four');
      await write(at('empty'), '');
      expect(await fileSystem.size(at('f'))).toBe(4);
      expect(await fileSystem.size(at('empty'))).toBe(0);
      expect(await fileSystem.size(at('g'))).toBeUndefined();
    });

    it('renames over what is there; who has the old file open goes on reading it', async () => {
      await write(at('old'), 'old');
      await write(at('new'), 'new');
      const file = await fileSystem.open(at('old'), 'read');
      await fileSystem.rename(at('new'), at('old'));
      const into = Buffer.alloc(10);
      expect(into.toString('utf8', 0, await file.read(into, 0))).toBe('old');
      expect([await read(at('old')), await fileSystem.list(folder)]).toEqual(['new', ['old']]);
      await file.close();
    });

    it('removes a file, and again without an error', async () => {
      await write(at('f'), 'x');
      await fileSystem.remove(at('f'));
      await fileSystem.remove(at('f'));
      await fileSystem.remove(at('x', 'y'));
      expect(await fileSystem.size(at('f'))).toBeUndefined();
    });

    it('says ENOENT for what is not there', async () => {
      for (const attempt of [
        () => fileSystem.open(at('f'), 'read'),
        () => fileSystem.open(at('x', 'f'), 'append'),
        () => fileSystem.open(at('x', 'f'), 'create'),
        () => fileSystem.rewrite(at('f'), text('x'), 0),
        () => fileSystem.rename(at('f'), at('g')),
        () => fileSystem.syncDir(at('x')),
      ])
        await expect(attempt()).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('syncs folders', async () => {
      await fileSystem.makeDir(at('a'));
      await Promise.all([fileSystem.syncDir(folder), fileSystem.syncDir(at('a'))]);
    });
  });
}
