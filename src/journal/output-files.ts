import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { assertJson, type JsonValue } from '../definition/json.js';
import { isNoSpaceError, JournalWriteError } from '../errors.js';
import type { FileSystem } from '../world/file-system.js';
import type { DataDir } from './data-dir.js';
import { OutputCache } from './output-cache.js';
import type { OutputFile } from './record.js';
import type { Reserve } from './reserve.js';
import { OutputFileError } from './storage-errors.js';
import { syncFolder } from './sync-folder.js';
import { writeDurably } from './write-durably.js';

/** Which output: of an attempt of a task of a run; `index` is the task's place in the definition. */
export interface OutputPlace {
  readonly run: string;
  readonly index: number;
  readonly task: string;
  readonly attempt: number;
}

/** Digits of the SHA-256 in a file's name: what a record names is never written over by anything else. */
const NAMED_DIGITS = 12;
/** Read or hashed between two turns of the event loop, bytes. */
const PIECE = 1024 * 1024;
/** The only paths that are ever written; a journal that names another is not ours to follow. */
const OUTPUT_PATH = /^outputs\/[A-Za-z0-9][A-Za-z0-9.-]*$/;

/**
 * Outputs too big for the journal, each in a file of its run's folder: `outputs/0007-report.1-3f2a….json`.
 * The record that names a file is appended only when the file is on disk, with its size and SHA-256, and
 * what is read is compared with them: a file is what was written, or an error.
 *
 * What was read lately is kept, within a bound, so that many dependents of one output read it once.
 */
export class OutputFiles {
  readonly #fileSystem: FileSystem;
  readonly #dir: DataDir;
  readonly #reserve: Reserve | undefined;
  readonly #cache = new OutputCache();

  /** `reserve` is for a full disk; who only reads needs none. */
  constructor(fileSystem: FileSystem, dir: DataDir, reserve?: Reserve) {
    this.#fileSystem = fileSystem;
    this.#dir = dir;
    this.#reserve = reserve;
  }

  /** Puts an output's JSON text on disk. Throws JournalWriteError: a record of it must not be written then. */
  async write({ run, index, task, attempt }: OutputPlace, text: string): Promise<OutputFile> {
    const bytes = Buffer.from(text);
    const sha256 = await digest(bytes);
    const path = this.#dir.outputPath(index, task, attempt, sha256.slice(0, NAMED_DIGITS));
    const runDir = this.#dir.runDir(run);
    await this.#put(runDir, path, bytes)
      .catch(async (error: Error) => {
        if (!isNoSpaceError(error) || !(await this.#reserve?.free(error))) throw error;
        await this.#put(runDir, path, bytes);
      })
      .catch((error: unknown) => {
        throw new JournalWriteError(join(runDir, path), error);
      });
    return { path, sha256, bytes: bytes.length };
  }

  async #put(runDir: string, path: string, bytes: Uint8Array): Promise<void> {
    await this.#fileSystem.makeNewDir(join(runDir, 'outputs'));
    await writeDurably(this.#fileSystem, join(runDir, path), bytes);
    await syncFolder(this.#fileSystem, runDir); // the folder's own name, whoever made it
  }

  /** The output in a file that a record names. Throws OutputFileError, never gives another value. */
  read(run: string, file: OutputFile): Promise<JsonValue> {
    const path = join(this.#dir.runDir(run), file.path);
    if (!OUTPUT_PATH.test(file.path))
      return Promise.reject(new OutputFileError(path, 'is no place where outputs are kept'));
    return this.#cache.get(path, file.bytes, () => this.#read(path, file));
  }

  async #read(path: string, file: OutputFile): Promise<JsonValue> {
    const bytes = await this.#bytes(path, file.bytes);
    const found = await digest(bytes);
    if (found !== file.sha256)
      throw new OutputFileError(path, `has SHA-256 ${found} instead of ${file.sha256}`);
    return assertJson(JSON.parse(bytes.toString('utf8')), 'an output file'); // frozen, as it is shared
  }

  async #bytes(path: string, expected: number): Promise<Buffer> {
    try {
      const size = await this.#fileSystem.size(path);
      if (size === undefined) throw new OutputFileError(path, 'is missing');
      if (size !== expected)
        throw new OutputFileError(path, `has ${size} bytes instead of ${expected}`);
      return await readWhole(this.#fileSystem, path, size);
    } catch (error) {
      if (error instanceof OutputFileError) throw error;
      const { message } = error as Error;
      throw new OutputFileError(path, `could not be read (${message})`, error);
    }
  }
}

/** The file's first `size` bytes; fewer when it became shorter. */
async function readWhole(fileSystem: FileSystem, path: string, size: number): Promise<Buffer> {
  const file = await fileSystem.open(path, 'read');
  try {
    const bytes = Buffer.allocUnsafe(size);
    let filled = 0;
    for (let length = -1; length !== 0 && filled < size; filled += length)
      length = await file.read(bytes.subarray(filled, filled + PIECE), filled);
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

async function digest(bytes: Buffer): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += PIECE) {
    if (at > 0) await setImmediate();
    hash.update(bytes.subarray(at, at + PIECE));
  }
  return hash.digest('hex');
}
