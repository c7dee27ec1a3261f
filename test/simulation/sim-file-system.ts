import type { FileSystem, OpenFile } from '../../src/platform/file-system.js';
import type { Faults, FileCall } from './faults.js';
import type { Prng } from './prng.js';
import type { Scheduler } from './scheduler.js';
import { type SimDisk, SimFolder, systemError } from './sim-disk.js';
import { SimFile } from './sim-file.js';

type OpenMode = Parameters<FileSystem['open']>[1];

/** Whose calls these are, and what they work on. */
export interface FileSystemParts {
  readonly disk: SimDisk;
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly faults: Faults;
  /** False once the calling process is dead: its calls then do nothing and never return. */
  readonly isAlive: () => boolean;
  /** Called when the process dies in the middle of a call. */
  readonly die: () => void;
  /** Told of every call that did something, or failed. */
  readonly note: (call: FileCall, path: string, how: string) => void;
}

/** Longest time of a call, ms; a slow one takes ten times as long. */
const LATENCY_MS = 2;

/** What a call does when it is done, and what it does when it fails all the same. */
interface Effect<T> {
  readonly run: () => T;
  readonly fail?: (() => void) | undefined;
}

/**
 * The file system of one simulated process, over a disk that outlives it. Calls take time, can fail, and
 * those under way when the process dies may have been done or not.
 */
export class SimFileSystem implements FileSystem {
  readonly #parts: FileSystemParts;
  readonly #underWay = new Set<Effect<unknown>>();
  /** Files open for writing; who reads may go on reading when all is closed. */
  openFiles = 0;

  constructor(parts: FileSystemParts) {
    this.#parts = parts;
  }

  makeDir(path: string): Promise<void> {
    return this.#call('makeDir', path, { run: () => makeFolders(this.#parts.disk, path) });
  }

  makeNewDir(path: string): Promise<boolean> {
    return this.#call('makeDir', path, { run: () => this.#parts.disk.makeFolder(path) });
  }

  removeEmptyDir(path: string): Promise<void> {
    const run = (): void => {
      const { disk } = this.#parts;
      const node = disk.node(path);
      if (!(node instanceof SimFolder) || node.names.size > 0) return;
      const { folder, name } = disk.place(path);
      folder.change([], [name]);
    };
    return this.#call('remove', path, { run });
  }

  async syncDir(path: string): Promise<void> {
    const folder = this.#parts.disk.node(path);
    if (!(folder instanceof SimFolder)) throw systemError('ENOENT', path);
    const { stamp } = folder;
    await this.#call('syncDir', path, { run: () => folder.finishSync(stamp) });
  }

  async assertOwnDir(): Promise<void> {}

  list(path: string): Promise<string[]> {
    return this.#look('list', path, () => {
      const node = this.#parts.disk.node(path);
      return node instanceof SimFolder ? [...node.names.keys()] : [];
    });
  }

  open(path: string, mode: OpenMode): Promise<OpenFile> {
    const run = (): OpenFile => {
      const file = openFile(this.#parts.disk, path, mode);
      if (mode !== 'read') this.openFiles++;
      return new SimOpenFile(this, path, file, mode);
    };
    return mode === 'read' ? this.#look('open', path, run) : this.#call('open', path, { run });
  }

  rewrite(path: string, bytes: Uint8Array, position: number): Promise<void> {
    const run = (): void => {
      const file = this.#parts.disk.file(path);
      if (file === undefined) throw systemError('ENOENT', path);
      file.write(position, bytes);
    };
    return this.#call('rewrite', path, { run });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call('rename', to, { run: () => this.#parts.disk.rename(from, to) });
  }

  remove(path: string): Promise<void> {
    const run = (): void => {
      const { disk } = this.#parts;
      if (disk.node(path) === undefined) return;
      const { folder, name } = disk.place(path);
      this.#parts.faults.freed(disk.file(path)?.size ?? 0);
      folder.change([], [name]);
    };
    return this.#call('remove', path, { run });
  }

  size(path: string): Promise<number | undefined> {
    return this.#look('size', path, () => this.#parts.disk.file(path)?.size);
  }

  /** The process died: each call under way was done, or not. */
  die(): void {
    for (const { run } of this.#underWay) {
      if (!this.#parts.prng.chance(0.5)) continue;
      try {
        run();
      } catch {
        // It would have failed, and nobody is left to be told.
      }
    }
    this.#underWay.clear();
  }

  // --- For its open files ---

  /** A call that changes something, done some time after it was made. */
  #call<T>(call: FileCall, path: string, effect: Effect<T>): Promise<T> {
    const { scheduler, isAlive } = this.#parts;
    if (!isAlive()) return never();
    return new Promise((resolve, reject) => {
      this.#underWay.add(effect);
      scheduler.at(this.#latency(), () => {
        if (!this.#underWay.delete(effect)) return;
        try {
          resolve(this.#perform(call, path, effect));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #perform<T>(call: FileCall, path: string, { run, fail }: Effect<T>): T {
    const error = this.#parts.faults.errorOf(call, path);
    this.#parts.note(
      call,
      path,
      error === undefined ? '' : ((error as NodeJS.ErrnoException).code ?? ''),
    );
    if (error === undefined) return run();
    fail?.();
    throw error;
  }

  /** A call that changes nothing; most of them find what they look for in memory. */
  #look<T>(call: FileCall, path: string, run: () => T): Promise<T> {
    if (this.#parts.prng.chance(0.1)) return this.#call(call, path, { run });
    if (!this.#parts.isAlive()) return never();
    return new Promise((resolve) => resolve(this.#perform(call, path, { run })));
  }

  #latency(): number {
    const { prng } = this.#parts;
    return prng.next() * LATENCY_MS * (prng.chance(0.05) ? 10 : 1);
  }

  write(path: string, file: SimFile, bytes: Uint8Array): number {
    const { faults, isAlive, note, die } = this.#parts;
    if (!isAlive()) return bytes.length;
    const { taken, error, isDeadly = false } = faults.write(bytes.length, path);
    file.append(bytes.subarray(0, taken));
    note(
      'write',
      path,
      `${taken}/${bytes.length}${error === undefined ? '' : ` ${error.message}`}`,
    );
    if (isDeadly) die();
    if (error !== undefined) throw error;
    return isDeadly ? bytes.length : taken;
  }

  sync(path: string, file: SimFile): Promise<void> {
    const pending = file.beginSync();
    const fail = (): void => file.failSync(pending, this.#parts.prng);
    return this.#call('sync', path, { run: () => file.finishSync(pending), fail });
  }

  truncate(path: string, file: SimFile, size: number): Promise<void> {
    const run = (): void => {
      this.#parts.faults.freed(Math.max(0, file.size - size));
      file.truncate(size);
    };
    return this.#call('truncate', path, { run });
  }

  isAt(path: string, file: SimFile): boolean {
    return this.#parts.disk.node(path) === file;
  }

  /** A file is closed also when that fails. */
  close(path: string): Promise<void> {
    return this.#look('close', path, () => {});
  }

  read(path: string, file: SimFile, into: Uint8Array, position: number): Promise<number> {
    return this.#look('read', path, () => {
      const bytes = file.content.subarray(position, position + into.length);
      into.set(bytes);
      return bytes.length;
    });
  }
}

class SimOpenFile implements OpenFile {
  readonly #system: SimFileSystem;
  readonly #path: string;
  readonly #file: SimFile;
  readonly #mode: OpenMode;
  #isOpen = true;

  constructor(system: SimFileSystem, path: string, file: SimFile, mode: OpenMode) {
    this.#system = system;
    this.#path = path;
    this.#file = file;
    this.#mode = mode;
  }

  write(bytes: Uint8Array): number {
    this.#check(this.#mode !== 'read');
    return this.#system.write(this.#path, this.#file, bytes);
  }

  async sync(): Promise<void> {
    this.#check();
    await this.#system.sync(this.#path, this.#file);
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    this.#check();
    return this.#system.read(this.#path, this.#file, into, position);
  }

  isInPlace(): boolean {
    return this.#system.isAt(this.#path, this.#file);
  }

  async truncate(size: number): Promise<void> {
    this.#check(this.#mode !== 'read');
    await this.#system.truncate(this.#path, this.#file, size);
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#mode !== 'read') this.#system.openFiles--;
    await this.#system.close(this.#path);
  }

  #check(allowed = true): void {
    if (!this.#isOpen || !allowed) throw systemError('EBADF', this.#path);
  }
}

function makeFolders(disk: SimDisk, path: string): void {
  const parts = path.split('/').filter((part) => part !== '');
  for (let n = 1; n <= parts.length; n++) disk.makeFolder(`/${parts.slice(0, n).join('/')}`);
}

/** Throws what open(2) would. */
function openFile(disk: SimDisk, path: string, mode: OpenMode): SimFile {
  const node = disk.node(path);
  if (node instanceof SimFolder) throw systemError('EISDIR', path);
  if (mode === 'create' && node !== undefined) throw systemError('EEXIST', path);
  if (node !== undefined) return node;
  if (mode === 'read') throw systemError('ENOENT', path);
  const file = new SimFile();
  const { folder, name } = disk.place(path);
  folder.change([[name, file]]);
  return file;
}

/** What a call of a dead process returns. */
export function never(): Promise<never> {
  return new Promise(() => {});
}
