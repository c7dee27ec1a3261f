import { dirname } from 'node:path';
import type { Platform } from 'nuflow';

type FileSystem = Platform['fileSystem'];
type OpenFile = Awaited<ReturnType<FileSystem['open']>>;

/** Files in memory, for runs whose time is not real. Tells of everything that happens. */
export class MemoryFiles implements FileSystem {
  readonly #files = new Map<string, Buffer[]>();
  readonly #folders = new Set<string>();
  readonly #happens: () => void;

  constructor(happens: () => void) {
    this.#happens = happens;
  }

  async makeDir(path: string): Promise<void> {
    this.#happens();
    for (let folder = path; folder !== dirname(folder); folder = dirname(folder))
      this.#folders.add(folder);
  }

  async makeNewDir(path: string): Promise<boolean> {
    const isNew = !this.#folders.has(path);
    await this.makeDir(path);
    return isNew;
  }

  async removeEmptyDir(path: string): Promise<void> {
    if ((await this.list(path)).length === 0) this.#folders.delete(path);
  }

  async syncDir(): Promise<void> {
    this.#happens();
  }

  async list(path: string): Promise<string[]> {
    const all = [...this.#folders, ...this.#files.keys()];
    return all.filter((it) => dirname(it) === path).map((it) => it.slice(path.length + 1));
  }

  async open(path: string, mode: 'read' | 'append' | 'create'): Promise<OpenFile> {
    this.#happens();
    const found = this.#files.get(path);
    if (found === undefined && mode === 'read') throw failure('ENOENT', path);
    if (found !== undefined && mode === 'create') throw failure('EEXIST', path);
    const parts = found ?? [];
    this.#files.set(path, parts);
    return opened(parts, this.#happens);
  }

  async rewrite(): Promise<void> {}

  async rename(from: string, to: string): Promise<void> {
    this.#happens();
    this.#files.set(to, this.#files.get(from) ?? []);
    this.#files.delete(from);
  }

  async remove(path: string): Promise<void> {
    this.#files.delete(path);
  }

  async assertOwnDir(): Promise<void> {}

  async size(path: string): Promise<number | undefined> {
    const parts = this.#files.get(path);
    return parts && Buffer.concat(parts).length;
  }
}

function opened(parts: Buffer[], happens: () => void): OpenFile {
  return {
    write(bytes) {
      parts.push(Buffer.from(bytes));
      return bytes.length;
    },
    async sync() {
      happens();
    },
    async read(into, position) {
      const bytes = Buffer.concat(parts).subarray(position, position + into.length);
      into.set(bytes);
      return bytes.length;
    },
    isInPlace: () => true,
    async truncate(size) {
      parts.splice(0, parts.length, Buffer.concat(parts).subarray(0, size));
    },
    async close() {},
  };
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
