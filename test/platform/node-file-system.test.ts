import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/platform/node-file-system.js';
import { fileSystemContract } from '../support/file-system-contract.js';

const folder = mkdtempSync(join(tmpdir(), 'nuflow-fs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const emptyFolder = (): string => mkdtempSync(join(folder, 'x-'));

fileSystemContract("The machine's", () => ({ fileSystem: nodeFileSystem, folder: emptyFolder() }));

describe("the machine's file system", () => {
  it('makes folders and files that nobody else may read', async () => {
    const path = emptyFolder();
    await nodeFileSystem.makeDir(join(path, 'a', 'b'));
    await nodeFileSystem.makeNewDir(join(path, 'c'));
    for (const mode of ['append', 'create'] as const)
      await (await nodeFileSystem.open(join(path, mode), mode)).close();
    const modes = ['a', 'a/b', 'c', 'append', 'create'].map(
      (name) => statSync(join(path, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o700, 0o700, 0o600, 0o600]);
  });

  it('says what the system says of a path it can not use', async () => {
    const path = emptyFolder();
    await (await nodeFileSystem.open(join(path, 'f'), 'append')).close();
    await expect(nodeFileSystem.list(join(path, 'f'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(nodeFileSystem.makeNewDir(join(path, 'f', 'x'))).rejects.toMatchObject({
      code: 'ENOTDIR',
    });
    await expect(nodeFileSystem.size(join(path, 'f', 'x'))).rejects.toMatchObject({
      code: 'ENOTDIR',
    });
  });

  it('does nothing to a file that was closed, and closes it once: its descriptor may be another file by then', async () => {
    const path = emptyFolder();
    const file = await nodeFileSystem.open(join(path, 'one'), 'append');
    await Promise.all([file.close(), file.close()]);
    const other = await nodeFileSystem.open(join(path, 'other'), 'append');
    await file.close();
    expect(() => file.write(Buffer.from('x'))).toThrow('EBADF');
    for (const call of [
      () => file.sync(),
      () => file.truncate(0),
      () => file.read(Buffer.alloc(1), 0),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'EBADF' });
    expect(other.write(Buffer.from('y'))).toBe(1);
    await other.sync();
    await other.close();
  });

  it('closes a file only when what is being done to it is done', async () => {
    const path = join(emptyFolder(), 'f');
    const file = await nodeFileSystem.open(path, 'append');
    file.write(Buffer.alloc(1_000_000, 'x'));
    const done: string[] = [];
    const into = Buffer.alloc(10);
    await Promise.all([
      file.sync().then(() => done.push('synced')),
      file.read(into, 5).then((bytes) => done.push(`read ${bytes}`)),
      file.close().then(() => done.push('closed')),
    ]);
    expect(done.at(-1)).toBe('closed');
    expect(done).toHaveLength(3);
    expect(String(into)).toBe('xxxxxxxxxx');
  });
});
