import type { Adapter } from 'lowdb';
import { UnsafeFileError } from '../../platform/own-file.js';
import type { Platform } from '../../platform/platform.js';
import { pieces } from '../file/pieces.js';
import { writeDurably } from '../file/write-durably.js';

/**
 * lowdb's file, written durably. lowdb's own file adapter writes no such thing and fails on an empty
 * file; here whatever can't be read reads as null.
 */
export class IndexFile implements Adapter<unknown> {
  readonly #platform: Platform;
  readonly #path: string;

  constructor(platform: Platform, path: string) {
    this.#platform = platform;
    this.#path = path;
  }

  async read(): Promise<unknown> {
    try {
      return JSON.parse(await this.#text());
    } catch (error) {
      if (error instanceof UnsafeFileError) throw error;
      return null; // a bad cache is no cache
    }
  }

  async #text(): Promise<string> {
    const file = await this.#platform.fileSystem.open(this.#path, 'read');
    try {
      const parts: Buffer[] = [];
      for await (const piece of pieces(file, 0)) parts.push(Buffer.from(piece));
      return Buffer.concat(parts).toString();
    } finally {
      await file.close();
    }
  }

  write(data: unknown): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(data)}\n`);
    return writeDurably(this.#platform.fileSystem, this.#path, bytes);
  }
}
