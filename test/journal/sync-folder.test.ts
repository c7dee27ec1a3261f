import { describe, expect, it } from 'vitest';
import { syncFolder } from '../../src/journal/file/sync-folder.js';
import { systemError } from '../support/faulty-file-system.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';

/** A file system whose folder syncs wait until they are let go, oldest first. */
class WaitingFileSystem extends MemoryFileSystem {
  readonly begun: string[] = [];
  readonly #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];

  override syncDir(path: string): Promise<void> {
    this.begun.push(path);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async release(error?: Error): Promise<void> {
    const oldest = this.#waiting.shift();
    if (error === undefined) oldest?.resolve();
    else oldest?.reject(error);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('syncing a folder', () => {
  it('is shared by all who ask while another sync is in flight, and never with that one', async () => {
    const fileSystem = new WaitingFileSystem();
    const done: number[] = [];
    for (let who = 0; who < 100; who++)
      void syncFolder(fileSystem, '/a').then(() => done.push(who));
    expect(fileSystem.begun).toEqual(['/a']);
    await fileSystem.release();
    expect([fileSystem.begun.length, done]).toEqual([2, [0]]);
    await fileSystem.release();
    expect([fileSystem.begun.length, done.length]).toEqual([2, 100]);
  });

  it('begins anew for who asks when none is in flight', async () => {
    const fileSystem = new WaitingFileSystem();
    for (let round = 1; round <= 3; round++) {
      const sync = syncFolder(fileSystem, '/a');
      expect(fileSystem.begun).toHaveLength(round);
      await fileSystem.release();
      await sync;
    }
  });

  it('shares nothing between folders, nor between file systems', () => {
    const [one, other] = [new WaitingFileSystem(), new WaitingFileSystem()];
    void syncFolder(one, '/a');
    void syncFolder(one, '/b');
    void syncFolder(other, '/a');
    expect([one.begun, other.begun]).toEqual([['/a', '/b'], ['/a']]);
  });

  it('fails those who asked for it, and not those who share the next', async () => {
    const fileSystem = new WaitingFileSystem();
    const first = syncFolder(fileSystem, '/a');
    const second = syncFolder(fileSystem, '/a');
    first.catch(() => {});
    await fileSystem.release(systemError('EIO'));
    await expect(first).rejects.toMatchObject({ code: 'EIO' });
    await fileSystem.release();
    await second;
    expect(fileSystem.begun).toHaveLength(2);
  });
});
