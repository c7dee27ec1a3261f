import { join } from 'node:path';
import { assertJson, type JsonValue } from '../../definition/json.js';
import {
  isNoSpaceError,
  JournalWriteError,
  NuflowError,
  OrchestratorClosedError,
} from '../../errors.js';
import type { FileSystem } from '../../platform/file-system.js';
import type { DataDir } from '../data-dir/data-dir.js';
import type { Reserve } from '../data-dir/reserve.js';
import { syncFolder } from '../file/sync-folder.js';
import { writeDurably } from '../file/write-durably.js';
import type { OutputFile } from '../records/record.js';
import { OutputCache } from './output-cache.js';
import { digest, verifiedOutput } from './verified-output.js';

/** Which output: of an attempt of a task of a run; `index` is the task's place in the definition. */
export interface OutputPlace {
  readonly run: string;
  readonly index: number;
  readonly task: string;
  readonly attempt: number;
}

/** Digits of the SHA-256 in a file's name: what a record names is never written over by anything else. */
const NAMED_DIGITS = 12;

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
  readonly #assertInPlace: () => void;
  readonly #cache = new OutputCache();
  readonly #writing = new Set<Promise<OutputFile>>();
  #isClosed = false;

  /** `reserve` is for a full disk, `assertInPlace` is called before each write; who only reads needs none. */
  constructor(fileSystem: FileSystem, dir: DataDir, reserve?: Reserve, assertInPlace = () => {}) {
    this.#assertInPlace = assertInPlace;
    this.#fileSystem = fileSystem;
    this.#dir = dir;
    this.#reserve = reserve;
  }

  /**
   * Puts an output's JSON text on disk. Rejects with JournalWriteError, or OrchestratorClosedError: a record of it must not
   * be written then.
   */
  async write(place: OutputPlace, text: string): Promise<OutputFile> {
    if (this.#isClosed) throw new OrchestratorClosedError();
    const writing = this.#write(place, text);
    this.#writing.add(writing);
    return writing.finally(() => this.#writing.delete(writing));
  }

  /** Takes no more outputs; resolves when nothing is being written: others may work in the folder then. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#writing);
  }

  async #write({ run, index, task, attempt }: OutputPlace, text: string): Promise<OutputFile> {
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
        throw error instanceof NuflowError
          ? error
          : new JournalWriteError(join(runDir, path), error);
      });
    return { path, sha256, bytes: bytes.length };
  }

  async #put(runDir: string, path: string, bytes: Uint8Array): Promise<void> {
    this.#assertInPlace();
    const folder = join(runDir, 'outputs');
    if (!(await this.#fileSystem.makeNewDir(folder))) await this.#fileSystem.assertOwnDir(folder);
    await writeDurably(this.#fileSystem, join(runDir, path), bytes);
    await syncFolder(this.#fileSystem, runDir); // the folder's own name, whoever made it
  }

  /** The output in a file that a record names. Throws OutputFileError, never gives another value. */
  read(run: string, file: OutputFile): Promise<JsonValue> {
    const runDir = this.#dir.runDir(run);
    return this.#cache.get(join(runDir, file.path), file.bytes, () => this.#read(runDir, file));
  }

  async #read(runDir: string, file: OutputFile): Promise<JsonValue> {
    const bytes = await verifiedOutput(this.#fileSystem, runDir, file);
    return assertJson(JSON.parse(bytes.toString('utf8')), 'an output file'); // frozen, as it is shared
  }
}
