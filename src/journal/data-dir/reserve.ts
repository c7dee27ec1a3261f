import { dirname } from 'node:path';
import { isNoSpaceError, JournalWriteError } from '../../errors.js';
import type { FileSystem } from '../../platform/file-system.js';
import { UnsafeFileError } from '../../platform/own-file.js';
import { syncFolder } from '../file/sync-folder.js';
import { writeFully } from '../file/write-fully.js';
import { DiskFullError } from '../storage-errors.js';

const PIECE = 1024 * 1024;

/**
 * Space kept for the day the disk is full, as a file of the data directory: freed, it lets what runs be
 * recorded as it ends. Made when the directory is opened; a start is refused without it.
 */
export class Reserve {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #bytes: number;
  #isMade = false;
  #making: Promise<void> | undefined;
  #freed: Promise<boolean> | undefined;
  #isInUse = false;
  /** Whether it was needed since it was made: then as much again must be free, or it would soon be needed again. */
  #wasNeeded = false;
  /**
   * Called when the reserve is about to be freed, with what made it necessary: nothing more may start.
   * Resolves when what runs is recorded, and the space no longer needed. Must not reject.
   */
  onFreed: (cause: Error) => Promise<void> = async () => {};

  /** `bytes` 0 is no reserve: starts are not refused, and a full disk is a failure as any other. */
  constructor(fileSystem: FileSystem, path: string, bytes: number) {
    this.#fileSystem = fileSystem;
    this.path = path;
    this.#bytes = bytes;
  }

  /** Makes the reserve unless it is there. Throws DiskFullError, or JournalWriteError when something else is in the way. */
  async ensure(): Promise<void> {
    if (this.#isMade || this.#bytes === 0) return;
    if (this.#isInUse) throw new DiskFullError(this.path, 'is in use by runs that end', undefined);
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined;
    });
    await this.#making;
  }

  /** As {@link ensure}, but looks for space first: to try would take what there is from what runs. Throws what it throws. */
  async assertSpace(): Promise<void> {
    const folder = dirname(this.path);
    if (await this.#fileSystem.isFull?.(folder))
      throw new DiskFullError(folder, 'has no space left', undefined);
    await this.ensure();
  }

  /** Gives the space back; resolves whether there is any. Safe to call again: who comes later shares what there is. */
  free(cause: Error): Promise<boolean> {
    if (this.#isMade) {
      this.#isMade = false;
      this.#freed = this.#remove(cause);
    }
    return this.#freed ?? Promise.resolve(false);
  }

  /** Whether the file system tells that it is full before a write fails. */
  get canLook(): boolean {
    return this.#bytes > 0 && this.#fileSystem.isFull !== undefined;
  }

  /** Gives the space back when the disk is full, though no write of ours has failed yet. */
  async freeIfFull(): Promise<void> {
    if (!this.#isMade || !(await this.#fileSystem.isFull?.(dirname(this.path)))) return;
    await this.free(
      Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }),
    );
  }

  async #make(): Promise<void> {
    try {
      const size = await this.#fileSystem.size(this.path);
      if (this.#wasNeeded || size !== this.#bytes) await this.#write();
    } catch (error) {
      if (error instanceof UnsafeFileError) throw error;
      await this.#fileSystem.remove(this.path).catch(() => {}); // half a reserve only takes space
      if (isNoSpaceError(error))
        throw new DiskFullError(this.path, `of ${this.#bytes} bytes can't be made`, error);
      throw new JournalWriteError(this.path, error);
    }
    this.#isMade = true;
    this.#wasNeeded = false;
    this.#freed = undefined;
  }

  async #write(): Promise<void> {
    await this.#fileSystem.remove(this.path);
    const file = await this.#fileSystem.open(this.path, 'create');
    try {
      const piece = incompressible(Math.min(this.#bytes, PIECE));
      const bytes = this.#wasNeeded ? 2 * this.#bytes : this.#bytes;
      for (let left = bytes; left > 0; left -= piece.length)
        writeFully(file, piece.subarray(0, left));
      await file.sync();
      if (bytes === this.#bytes) return;
      await file.truncate(this.#bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #remove(cause: Error): Promise<boolean> {
    this.#isInUse = true;
    this.#wasNeeded = true;
    void this.onFreed(cause).then(() => {
      this.#isInUse = false;
    });
    try {
      await this.#fileSystem.remove(this.path);
      await syncFolder(this.#fileSystem, dirname(this.path)); // some file systems give space back only then
      return true;
    } catch {
      return false;
    }
  }
}

/** Bytes that no file system can store in less space (xorshift32, G. Marsaglia). */
function incompressible(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = 0x9e3779b9;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}
