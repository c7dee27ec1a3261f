import type { FileSystem, OpenFile } from '../../src/world/file-system.js';

/** What can be made to fail or wait. */
export type Operation = 'open' | 'write' | 'sync' | 'truncate' | 'syncDir' | 'rename' | 'makeDir';

interface Fault {
  readonly operation: Operation;
  readonly path: string;
  readonly code: string;
  left: number;
}

/** An error as the system gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made to fail`), { code });
}

/**
 * A real file system with faults: calls that fail as told, writes that take only part, syncs that
 * wait. Keeps a log of what was done, in the order in which it was done.
 */
export class FaultyFileSystem implements FileSystem {
  /** `write <path>`, `sync <path>`, …: entered when the call has succeeded. */
  readonly log: string[] = [];
  /** Bytes a write takes at most. */
  writeLimit = Number.POSITIVE_INFINITY;
  /** Called as soon as a file sync is asked for, and awaited before it is done. */
  beforeSync: (path: string) => Promise<void> = async () => {};
  readonly #inner: FileSystem;
  readonly #faults: Fault[] = [];

  constructor(inner: FileSystem) {
    this.#inner = inner;
  }

  /** Makes an operation on paths that end in `path` fail with a system error, after `after` more calls, and from then on. */
  fail(operation: Operation, path: string, code: string, after = 0): void {
    this.#faults.push({ operation, path, code, left: after });
  }

  /** Makes everything work again. */
  heal(): void {
    this.#faults.length = 0;
  }

  /** Calls of an operation so far, on paths that end in `path`. */
  count(operation: Operation, path = ''): number {
    return this.log.filter((line) => line.startsWith(`${operation} `) && line.endsWith(path))
      .length;
  }

  async makeDir(path: string): Promise<void> {
    this.#check('makeDir', path);
    await this.#inner.makeDir(path);
    this.#enter('makeDir', path);
  }

  makeNewDir(path: string): Promise<boolean> {
    return this.#inner.makeNewDir(path);
  }

  async syncDir(path: string): Promise<void> {
    this.#check('syncDir', path);
    await this.#inner.syncDir(path);
    this.#enter('syncDir', path);
  }

  list(path: string): Promise<string[]> {
    return this.#inner.list(path);
  }

  async open(path: string, mode: 'read' | 'append' | 'create'): Promise<OpenFile> {
    this.#check('open', path);
    const file = await this.#inner.open(path, mode);
    this.#enter('open', path);
    return this.#faulty(path, file);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#check('rename', to);
    await this.#inner.rename(from, to);
    this.#enter('rename', to);
  }

  remove(path: string): Promise<void> {
    return this.#inner.remove(path);
  }

  size(path: string): Promise<number | undefined> {
    return this.#inner.size(path);
  }

  #faulty(path: string, file: OpenFile): OpenFile {
    return {
      write: (bytes) => {
        this.#check('write', path);
        const taken = file.write(bytes.subarray(0, this.writeLimit));
        this.#enter('write', path);
        return taken;
      },
      sync: async () => {
        await this.beforeSync(path);
        this.#check('sync', path);
        await file.sync();
        this.#enter('sync', path);
      },
      read: (into, position) => file.read(into, position),
      truncate: async (size) => {
        this.#check('truncate', path);
        await file.truncate(size);
        this.#enter('truncate', path);
      },
      close: () => file.close(),
    };
  }

  #check(operation: Operation, path: string): void {
    for (const fault of this.#faults) {
      if (fault.operation !== operation || !path.endsWith(fault.path)) continue;
      if (fault.left > 0) fault.left--;
      else throw systemError(fault.code);
    }
  }

  #enter(operation: Operation, path: string): void {
    this.log.push(`${operation} ${path}`);
  }
}
