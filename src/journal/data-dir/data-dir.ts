import { dirname, join } from 'node:path';
import { InvalidRunIdError, RunNotFoundError } from '../../errors.js';
import type { FileSystem } from '../../platform/file-system.js';
import { readRecords } from '../file/read-records.js';
import { readState } from '../file/read-state.js';
import { BEGINNING, type Position, scan } from '../file/scan.js';
import { syncFolder } from '../file/sync-folder.js';
import type { JournalRecord, RecordOf } from '../records/record.js';
import type { RunState } from '../records/state.js';
import { RunFolderError } from '../storage-errors.js';
import { assertNotTaken } from './foreign-dir.js';

/** What a run was started with, and where in its journal the next record begins. */
export interface FirstRecord {
  readonly record: RecordOf<'run.started'>;
  readonly end: Position;
}

const RUN_ID = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/;
const SLUG_LENGTH = 40;

/**
 * Where things are in a data directory, and what can be read there without holding its lock:
 *
 *   lock  reserve  standby/  index.json  runs/<runId>/journal.ndjson  runs/<runId>/tasks/0007-create-server/1/
 *                              runs/<runId>/outputs/0007-create-server.1-3f2a….json
 *
 * The only texts from users in a path are run ids, of a narrow alphabet; a task's folder is its
 * number, with a slug of its id for people.
 */
export class DataDir {
  readonly path: string;
  readonly #fileSystem: FileSystem;

  /** `path` is absolute. */
  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem;
    this.path = path;
  }

  /**
   * The directory, made if missing. Where it has its folder `runs`, all names around that are durable. Throws what the system says,
   * and for a directory of something else that has files where ours would be.
   */
  static async make(fileSystem: FileSystem, path: string): Promise<DataDir> {
    await fileSystem.assertOwnDir(path, { mayBeLink: true });
    const names = await fileSystem.list(path);
    if (!names.includes('runs')) {
      await assertNotTaken(fileSystem, path, names);
      await makeDurable(fileSystem, path);
      await fileSystem.makeNewDir(join(path, 'runs'));
    }
    await fileSystem.assertOwnDir(join(path, 'runs'));
    // Also when they were there: whoever made them may have died before they were synced.
    await syncFolder(fileSystem, path);
    await syncFolder(fileSystem, dirname(path)).catch(unlessForbidden);
    return new DataDir(fileSystem, path);
  }

  get lockPath(): string {
    return join(this.path, 'lock');
  }

  get reservePath(): string {
    return join(this.path, 'reserve');
  }

  /** Folder of processes that wait for a task. */
  get standbyDir(): string {
    return join(this.path, 'standby');
  }

  get indexPath(): string {
    return join(this.path, 'index.json');
  }

  /** Throws InvalidRunIdError. */
  journalPath(run: string): string {
    return join(this.runDir(run), 'journal.ndjson');
  }

  /** Folder of an attempt's files; `index` is the task's place in the definition. */
  attemptDir(run: string, index: number, task: string, attempt: number): string {
    return join(this.runDir(run), 'tasks', folderName(index, task), String(attempt));
  }

  /** File of an output that is too big for the journal, relative to the run's folder; `name` tells it from others of the attempt. */
  outputPath(index: number, task: string, attempt: number, name: string): string {
    return `outputs/${folderName(index, task)}.${attempt}-${name}.json`;
  }

  /** Ids of all runs that have a folder, in no order. */
  async runs(): Promise<string[]> {
    const names = await this.#fileSystem.list(join(this.path, 'runs'));
    return names.filter((name) => RUN_ID.test(name));
  }

  /** That nobody else could have put anything there. Throws UnsafeDirError. */
  async assertOwn(): Promise<void> {
    await this.#fileSystem.assertOwnDir(this.path, { mayBeLink: true });
    await this.#fileSystem.assertOwnDir(join(this.path, 'runs'));
  }

  /**
   * What the run was started with; undefined when there is no such run (or its start never reached the disk). Throws
   * RunFolderError when it is the journal of another run.
   */
  async firstRecord(run: string): Promise<FirstRecord | undefined> {
    const path = this.journalPath(run);
    if (!(await this.#fileSystem.size(path))) return undefined;
    let first: FirstRecord | undefined;
    await scan(this.#fileSystem, path, BEGINNING, (record, end) => {
      if (record.type === 'run.started') first = { record, end };
      if (record.type === 'run.started') assertSameRun(path, run, record.run);
      return false;
    });
    return first;
  }

  /** The run as its journal says, whoever is writing it. Throws RunNotFoundError, RunFolderError, JournalDamagedError, JournalFormatError. */
  async readState(run: string): Promise<RunState> {
    const read = await readState(this.#fileSystem, this.journalPath(run));
    if (read === undefined) throw new RunNotFoundError(run, this.path);
    assertSameRun(this.journalPath(run), run, read.state.id);
    return read.state;
  }

  /** The run's records that are whole, from `from` on. Throws as {@link readState} does. */
  async *records(run: string, from = 1): AsyncGenerator<JournalRecord, void, void> {
    const path = this.journalPath(run);
    if (!(await this.#fileSystem.size(path))) throw new RunNotFoundError(run, this.path);
    yield* readRecords(this.#fileSystem, path, { from });
  }

  /** Folder of a run. Throws InvalidRunIdError. */
  runDir(run: string): string {
    if (!RUN_ID.test(run)) throw new InvalidRunIdError(run);
    return join(this.path, 'runs', run);
  }
}

/** A copied or renamed folder holds another run's work, which must not be done twice. */
function assertSameRun(path: string, run: string, recorded: string): void {
  if (run !== recorded) throw new RunFolderError(path, run, recorded);
}

/** `0007-create-server`: the task's number, and a slug of its id for people. */
function folderName(index: number, task: string): string {
  const slug = task
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_LENGTH)
    .replace(/^-|-$/g, '');
  return [String(index + 1).padStart(4, '0'), slug].filter(Boolean).join('-');
}

/** Makes a folder and those around it, and the names of all of them durable, whoever made them. */
async function makeDurable(fileSystem: FileSystem, path: string): Promise<void> {
  const made = await makeMissing(fileSystem, path);
  for (let at = path; dirname(at) !== at; at = dirname(at)) {
    const synced = syncFolder(fileSystem, dirname(at));
    await (made.includes(at) ? synced : synced.catch(unlessForbidden));
  }
}

/** Makes a folder and those around it that are missing; gives the paths of those made. */
async function makeMissing(fileSystem: FileSystem, path: string): Promise<string[]> {
  try {
    return (await fileSystem.makeNewDir(path)) ? [path] : [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    const around = await makeMissing(fileSystem, dirname(path));
    await fileSystem.makeNewDir(path);
    return [...around, path];
  }
}

/** A folder that we may not open is somebody else's, who answers for what is in it. */
function unlessForbidden(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
}
