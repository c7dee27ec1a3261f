import {
  close,
  closeSync,
  constants,
  fdatasync,
  fsync,
  ftruncate,
  lstat,
  mkdir,
  openSync,
  read,
  rmdir,
  type Stats,
  write,
  writeSync,
} from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import type { FileSystem, OpenFile } from './file-system.js';
import { isFull } from './free-space.js';
import { assertOwnDir } from './own-dir.js';
import { openOwn, sizeOf } from './own-file.js';
import { leadsTo } from './same-file.js';

const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_DIRECTORY } = constants;
const APPEND = O_RDWR | O_APPEND | O_CREAT;
const FLAGS = { read: O_RDONLY, append: APPEND, create: APPEND | O_EXCL } as const;

/** The machine's file system. Folders are 0700, files 0600. */
export const nodeFileSystem: FileSystem = {
  async makeDir(path) {
    await called((done) => mkdir(path, { recursive: true, mode: 0o700 }, (error) => done(error)));
  },
  async makeNewDir(path) {
    const made = called((done) => mkdir(path, { mode: 0o700 }, done));
    return made.then(() => true, unless('EEXIST', false));
  },
  async removeEmptyDir(path) {
    const removed = called((done) => rmdir(path, done));
    await removed.catch(unless('ENOENT', undefined)).catch(unless('ENOTEMPTY', undefined));
  },
  async syncDir(path) {
    // At once: the folder was just changed, so nothing has to be read, and the way to a thread and back takes longer.
    const folder = openSync(path, O_RDONLY | O_DIRECTORY);
    try {
      await called((done) => fsync(folder, done));
    } finally {
      closeSync(folder);
    }
  },
  list: (path) => readdir(path).catch(unless('ENOENT', [])),
  open: async (path, mode) => new NodeFile(path, ...(await openOwn(path, FLAGS[mode]))),
  async rewrite(path, bytes, position) {
    const [file] = await openOwn(path, O_RDWR);
    try {
      await writeAt(file, bytes, position);
    } finally {
      await called((done) => close(file, done));
    }
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  isFull,
  assertOwnDir: async (path, options) => assertOwnDir(path, options),
  size: (path) =>
    called<Stats>((done) => lstat(path, done)).then(
      (stats) => sizeOf(path, stats),
      unless('ENOENT', undefined),
    ),
};

/**
 * By descriptors and callbacks, which cost less than Node's FileHandle: a run is little else than such calls. As with that, nothing is
 * done to a file that was closed, and closing waits for what is being done: the descriptor may be another file's soon.
 */
class NodeFile implements OpenFile {
  readonly #path: string;
  readonly #file: number;
  readonly #identity: Stats;
  #isOpen = true;
  /** Calls that have not come back, and who waits for them. */
  #pending = 0;
  #idle: (() => void) | undefined;

  constructor(path: string, file: number, identity: Stats) {
    this.#path = path;
    this.#file = file;
    this.#identity = identity;
  }

  write(bytes: Uint8Array): number {
    if (!this.#isOpen) throw closedError();
    return writeSync(this.#file, bytes);
  }

  sync(): Promise<void> {
    return this.#call((file, done) => fdatasync(file, done));
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#call((file, done) => read(file, into, 0, into.length, position, done));
  }

  isInPlace(): boolean {
    return leadsTo(this.#path, this.#identity);
  }

  truncate(size: number): Promise<void> {
    return this.#call((file, done) => ftruncate(file, size, done));
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#pending > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    await called((done) => close(this.#file, done));
  }

  #call<T>(call: (file: number, done: Done<T>) => void): Promise<T> {
    if (!this.#isOpen) return Promise.reject(closedError());
    this.#pending++;
    return new Promise((resolve, reject) => {
      call(this.#file, (error, value) => {
        if (--this.#pending === 0) this.#idle?.();
        if (error) reject(error);
        else resolve(value as T);
      });
    });
  }
}

function closedError(): Error {
  return Object.assign(new Error('EBADF: the file was closed'), { code: 'EBADF' });
}

type Done<T> = (error: NodeJS.ErrnoException | null, value?: T) => void;

/** What a call of Node's gives to its callback. */
function called<T = void>(call: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error ? reject(error) : resolve(value as T)));
  });
}

async function writeAt(file: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const left = bytes.length - at;
    const written = await called<number>((done) =>
      write(file, bytes, at, left, position + at, done),
    );
    if (written === 0) throw new Error('the system took no bytes');
    at += written;
  }
}

/** Turns one expected error code into a value; any other error goes on. */
function unless<T>(code: string, value: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === code) return value;
    throw error;
  };
}
