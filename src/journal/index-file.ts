import { dirname } from 'node:path';
import type { Adapter } from 'lowdb';
import type { World } from '../world/world.js';
import { syncFolder } from './sync-folder.js';
import { writeFully } from './write-fully.js';

/**
 * lowdb's file, written so that it is whole or as it was before: aside, synced, renamed, folder synced,
 * mode 0600. lowdb's own file adapter does none of these and fails on an empty file; here that reads as null.
 */
export class IndexFile implements Adapter<unknown> {
  readonly #world: World;
  readonly #path: string;

  constructor(world: World, path: string) {
    this.#world = world;
    this.#path = path;
  }

  async read(): Promise<unknown> {
    const { fileSystem } = this.#world;
    const size = await fileSystem.size(this.#path);
    if (!size) return null;
    const file = await fileSystem.open(this.#path, 'read');
    try {
      const bytes = Buffer.alloc(size);
      let filled = 0;
      for (let length = -1; length !== 0 && filled < size; filled += length)
        length = await file.read(bytes.subarray(filled), filled);
      return JSON.parse(bytes.toString('utf8', 0, filled));
    } catch {
      return null; // a bad cache is no cache
    } finally {
      await file.close();
    }
  }

  async write(data: unknown): Promise<void> {
    const { fileSystem } = this.#world;
    const aside = `${this.#path}.tmp`;
    await fileSystem.remove(aside);
    const file = await fileSystem.open(aside, 'create');
    try {
      writeFully(file, Buffer.from(`${JSON.stringify(data)}\n`));
      await file.sync();
    } finally {
      await file.close();
    }
    await fileSystem.rename(aside, this.#path);
    await syncFolder(fileSystem, dirname(this.#path));
  }
}
