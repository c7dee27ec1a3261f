import type { FileSystem, OpenFile } from '../../src/platform/file-system.js';

/** What can be made to fail or wait. */
export type Operation =
  | 'open'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'close'
  | 'syncDir'
  | 'rewrite'
  | 'rename'
  | 'remove'
  | 'size'
  | 'list'
  | 'makeDir'
  | 'makeNewDir'
  | 'removeEmptyDir';

/**
 * How one call fails: with nothing done; with all done and an error nevertheless; or, a write, with half
 * of the bytes taken and an error for the rest, or with no bytes taken and no error.
 */
export type Manner = 'refused' | 'done' | 'short' | 'empty';

interface Fault {
  readonly operation: Operation;
  readonly path: string;
  readonly code: string;
  readonly manner: Manner;
  /** Calls that succeed before. */
  left: number;
  /** Calls that fail then. */
  times: number;
}

/** How a call is to fail. */
type Failing = Pick<Fault, 'manner' | 'code'>;

/** An error as the system gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made to fail`), { code });
}

/**
 * Another file system with faults: calls that fail as told, writes that take only part, syncs that
 * wait. Keeps a log of what was done, in the order in which it was done.
 */
export class FaultyFileSystem implements FileSystem {
  /** `write <path>`, `sync <path>`, …: entered when the call has succeeded. */
  readonly log: string[] = [];
  /** The same for all calls, entered when they are made. */
  readonly asked: string[] = [];
  /** Bytes a write takes at most. */
  writeLimit = Number.POSITIVE_INFINITY;
  /** Called as soon as a file sync is asked for, and awaited before it is done. */
  beforeSync: (path: string) => Promise<void> = async () => {};
  /** Called when a call fails. */
  onFailure: (operation: Operation, path: string) => void = () => {};
  /** As it is set by a test; absent, a full disk is seen only by writes that fail. */
  isFull?: (path: string) => Promise<boolean>;
  readonly #inner: FileSystem;
  readonly #faults: Fault[] = [];
  #fault: (Failing & { readonly call: number }) | undefined;

  constructor(inner: FileSystem) {
    this.#inner = inner;
  }

  /** Makes an operation on paths that end in `path` fail with a system error, after `after` more calls, and from then on. */
  fail(operation: Operation, path: string, code: string, after = 0): void {
    const times = Number.POSITIVE_INFINITY;
    this.#faults.push({ operation, path, code, manner: 'refused', left: after, times });
  }

  /** Makes the next call of an operation on a path that ends in `path` fail, and only that. */
  failNext(operation: Operation, path: string, code: string, manner: Manner = 'refused'): void {
    this.#faults.push({ operation, path, code, manner, left: 0, times: 1 });
  }

  /** Makes one call fail, the one that will be `asked[call]`. */
  failCall(call: number, manner: Manner, code = 'EIO'): void {
    this.#fault = { call, manner, code };
  }

  /** Makes everything work again. */
  heal(): void {
    this.#faults.length = 0;
    this.#fault = undefined;
  }

  /** Calls of an operation that succeeded so far, on paths that end in `path`. */
  count(operation: Operation, path = ''): number {
    return this.log.filter((line) => line.startsWith(`${operation} `) && line.endsWith(path))
      .length;
  }

  makeDir(path: string): Promise<void> {
    return this.#call('makeDir', path, () => this.#inner.makeDir(path));
  }

  makeNewDir(path: string): Promise<boolean> {
    return this.#call('makeNewDir', path, () => this.#inner.makeNewDir(path));
  }

  removeEmptyDir(path: string): Promise<void> {
    return this.#call('removeEmptyDir', path, () => this.#inner.removeEmptyDir(path));
  }

  syncDir(path: string): Promise<void> {
    return this.#call('syncDir', path, () => this.#inner.syncDir(path));
  }

  assertOwnDir(path: string, options?: { readonly mayBeLink?: boolean }): Promise<void> {
    return this.#inner.assertOwnDir(path, options);
  }

  list(path: string): Promise<string[]> {
    return this.#call('list', path, () => this.#inner.list(path));
  }

  async open(path: string, mode: 'read' | 'append' | 'create'): Promise<OpenFile> {
    const file = await this.#call('open', path, () => this.#inner.open(path, mode));
    return this.#faulty(path, file);
  }

  rewrite(path: string, bytes: Uint8Array, position: number): Promise<void> {
    return this.#call('rewrite', path, () => this.#inner.rewrite(path, bytes, position));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call('rename', to, () => this.#inner.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#call('remove', path, () => this.#inner.remove(path));
  }

  size(path: string): Promise<number | undefined> {
    return this.#call('size', path, () => this.#inner.size(path));
  }

  #faulty(path: string, file: OpenFile): OpenFile {
    let broken: string | undefined;
    return {
      write: (bytes) => {
        const failing = this.#begin('write', path);
        if (broken !== undefined) throw systemError(broken);
        if (failing?.manner === 'empty') return 0;
        const isShort = failing?.manner === 'short';
        if (isShort) broken = failing.code;
        const most = isShort ? Math.ceil(bytes.length / 2) : this.writeLimit;
        const taken = file.write(bytes.subarray(0, most));
        return this.#end('write', path, failing, taken);
      },
      sync: async () => {
        await this.beforeSync(path);
        await this.#call('sync', path, () => file.sync());
      },
      read: (into, position) => this.#call('read', path, () => file.read(into, position)),
      isInPlace: () => file.isInPlace(),
      truncate: (size) => this.#call('truncate', path, () => file.truncate(size)),
      close: () => this.#call('close', path, () => file.close()),
    };
  }

  async #call<T>(operation: Operation, path: string, call: () => Promise<T>): Promise<T> {
    const failing = this.#begin(operation, path);
    return this.#end(operation, path, failing, await call());
  }

  /** Notes the call; throws when it is to fail with nothing done. */
  #begin(operation: Operation, path: string): Failing | undefined {
    const call = this.asked.push(`${operation} ${path}`) - 1;
    const failing = this.#faultOf(operation, path) ?? this.#fault;
    if (failing === this.#fault && this.#fault?.call !== call) return undefined;
    if (failing?.manner === 'refused') this.#fail(operation, path, failing.code);
    return failing;
  }

  #faultOf(operation: Operation, path: string): Failing | undefined {
    for (const fault of this.#faults) {
      if (fault.operation !== operation || !path.endsWith(fault.path)) continue;
      if (fault.left > 0) fault.left--;
      else if (fault.times-- > 0) return fault;
    }
    return undefined;
  }

  #end<T>(operation: Operation, path: string, failing: Failing | undefined, result: T): T {
    if (failing?.manner === 'done') this.#fail(operation, path, failing.code);
    this.log.push(`${operation} ${path}`);
    return result;
  }

  #fail(operation: Operation, path: string, code = 'EIO'): never {
    this.onFailure(operation, path);
    throw systemError(code);
  }
}
