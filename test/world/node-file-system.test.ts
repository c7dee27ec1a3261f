import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/world/node-file-system.js';
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
});
