import { basename, dirname } from 'node:path';
import type { FileSystem, OpenFile } from '../../src/platform/file-system.js';
import { systemError } from './faulty-file-system.js';

/** A file's bytes as every process sees them, and as the disk has them. */
class StoredFile {
  bytes: Buffer = Buffer.alloc(0);
  synced: Buffer = Buffer.alloc(0);
  /** From here on the next sync puts bytes on disk; what is before it, the system counts as written. */
  dirtyFrom = 0;

  replace(bytes: Buffer, changedFrom: number): void {
    this.bytes = bytes;
    this.dirtyFrom = Math.min(this.dirtyFrom, changedFrom);
  }

  sync(): void {
    const onDisk = Buffer.alloc(this.bytes.length);
    this.synced.copy(onDisk, 0, 0, this.dirtyFrom);
    this.bytes.copy(onDisk, this.dirtyFrom, this.dirtyFrom);
    this.synced = onDisk;
    this.dirtyFrom = onDisk.length;
  }
}

/** A folder's names, likewise. */
class StoredFolder {
  names = new Map<string, StoredFile | StoredFolder>();
  synced: ReadonlyMap<string, StoredFile | StoredFolder> = new Map();
}

/**
 * A file system in memory, where a power cut is a call: {@link afterPowerCut} has what was synced and
 * nothing else. For tests that break thousands of files.
 */
export class MemoryFileSystem implements FileSystem {
  readonly #root: StoredFolder;

  constructor(root = new StoredFolder()) {
    this.#root = root;
  }

  /** What the disk has: files of synced names, with their synced bytes. This file system stays as it is. */
  afterPowerCut(): MemoryFileSystem {
    return new MemoryFileSystem(survivor(this.#root));
  }

  /** Puts a file there, all of it synced, with the folders around it. */
  put(path: string, bytes: Uint8Array | string): void {
    const file = new StoredFile();
    file.replace(Buffer.from(bytes), 0);
    file.sync();
    this.#makeFolders(dirname(path)).names.set(basename(path), file);
    for (let around = path; around !== '/'; ) {
      around = dirname(around);
      const folder = this.#folder(around);
      folder.synced = new Map(folder.names);
    }
  }

  /**
   * What a failed sync leaves behind: the bytes are not on disk, but the system counts them as written,
   * and no later sync tries again (fsyncgate).
   */
  failSync(path: string): void {
    const file = this.#file(path);
    file.dirtyFrom = file.bytes.length;
  }

  /** The bytes of a file. Throws ENOENT. */
  bytes(path: string): Buffer {
    return this.#file(path).bytes;
  }

  async makeDir(path: string): Promise<void> {
    this.#makeFolders(path);
  }

  async makeNewDir(path: string): Promise<boolean> {
    const around = this.#folder(dirname(path));
    if (around.names.has(basename(path))) return false;
    around.names.set(basename(path), new StoredFolder());
    return true;
  }

  async removeEmptyDir(path: string): Promise<void> {
    const found = this.#find(path);
    if (found instanceof StoredFolder && found.names.size === 0) await this.remove(path);
  }

  async syncDir(path: string): Promise<void> {
    const folder = this.#folder(path);
    folder.synced = new Map(folder.names);
  }

  async assertOwnDir(): Promise<void> {}

  async list(path: string): Promise<string[]> {
    const found = this.#find(path);
    return found instanceof StoredFolder ? [...found.names.keys()] : [];
  }

  async open(path: string, mode: 'read' | 'append' | 'create'): Promise<OpenFile> {
    const found = this.#find(path);
    if (found !== undefined && mode === 'create') throw systemError('EEXIST');
    if (found === undefined && mode !== 'read') {
      const made = new StoredFile();
      this.#folder(dirname(path)).names.set(basename(path), made);
      return opened(made, () => this.#find(path) === made);
    }
    const file = this.#file(path);
    return opened(file, () => this.#find(path) === file);
  }

  async rewrite(path: string, bytes: Uint8Array, position: number): Promise<void> {
    const file = this.#file(path);
    const behind = file.bytes.subarray(position + bytes.length);
    file.replace(Buffer.concat([file.bytes.subarray(0, position), bytes, behind]), position);
  }

  async rename(from: string, to: string): Promise<void> {
    const file = this.#file(from);
    this.#folder(dirname(to)).names.set(basename(to), file);
    this.#folder(dirname(from)).names.delete(basename(from));
  }

  async remove(path: string): Promise<void> {
    const around = this.#find(dirname(path));
    if (around instanceof StoredFolder) around.names.delete(basename(path));
  }

  async size(path: string): Promise<number | undefined> {
    const found = this.#find(path);
    return found instanceof StoredFile ? found.bytes.length : undefined;
  }

  #find(path: string): StoredFile | StoredFolder | undefined {
    let found: StoredFile | StoredFolder | undefined = this.#root;
    for (const name of namesOf(path))
      found = found instanceof StoredFolder ? found.names.get(name) : undefined;
    return found;
  }

  #file(path: string): StoredFile {
    const found = this.#find(path);
    if (found instanceof StoredFile) return found;
    throw systemError(found === undefined ? 'ENOENT' : 'EISDIR');
  }

  #folder(path: string): StoredFolder {
    const found = this.#find(path);
    if (found instanceof StoredFolder) return found;
    throw systemError(found === undefined ? 'ENOENT' : 'ENOTDIR');
  }

  #makeFolders(path: string): StoredFolder {
    let folder = this.#root;
    for (const name of namesOf(path)) {
      const next = folder.names.get(name) ?? new StoredFolder();
      if (next instanceof StoredFile) throw systemError('ENOTDIR');
      folder.names.set(name, next);
      folder = next;
    }
    return folder;
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

function survivor(folder: StoredFolder): StoredFolder {
  const left = new StoredFolder();
  for (const [name, entry] of folder.synced) {
    const copy = entry instanceof StoredFolder ? survivor(entry) : new StoredFile();
    if (copy instanceof StoredFile) {
      copy.replace((entry as StoredFile).synced, 0);
      copy.sync();
    }
    left.names.set(name, copy);
  }
  left.synced = new Map(left.names);
  return left;
}

/** Bytes are replaced, never written over: what was handed out or synced stays as it was. */
function opened(file: StoredFile, isInPlace: () => boolean): OpenFile {
  return {
    isInPlace,
    write(bytes) {
      file.replace(Buffer.concat([file.bytes, bytes]), file.bytes.length);
      return bytes.length;
    },
    async sync() {
      file.sync();
    },
    async read(into, position) {
      const part = file.bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
    async truncate(size) {
      file.replace(Buffer.concat([file.bytes], size), size);
    },
    async close() {},
  };
}
