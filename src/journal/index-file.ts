import { dirname } from 'node:path';
import type { Adapter } from 'lowdb';
import type { World } from '../world/world.js';
import { pieces } from './pieces.js';
import { syncFolder } from './sync-folder.js';
import { writeFully } from './write-fully.js';

/**
 * lowdb's file, written so that it is whole or as it was before: aside, synced, renamed, folder synced,
 * mode 0600. lowdb's own file adapter does none of these and fails on an empty file; here whatever can't be
 * read reads as null.
 */
export class IndexFile implements Adapter<unknown> {
  readonly #world: World;
  readonly #path: string;

  constructor(world: World, path: string) {
    this.#world = world;
    this.#path = path;
  }

  async read(): Promise<unknown> {
    try {
      return JSON.parse(await this.#text());
    } catch {
      return null; // a bad cache is no cache
    }
  }

  async #text(): Promise<string> {
    const file = await this.#world.fileSystem.open(this.#path, 'read');
    try {
      const parts: Buffer[] = [];
      for await (const piece of pieces(file, 0)) parts.push(Buffer.from(piece));
      return Buffer.concat(parts).toString();
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
