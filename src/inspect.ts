import type { JsonValue } from './definition/json.js';
import { taskOutput } from './engine/attempt/outputs.js';
import { RunNotFoundError, TaskNotFoundError } from './errors.js';
import { RunIndex } from './journal/catalog/run-index.js';
import { DataDir } from './journal/data-dir/data-dir.js';
import { OutputFiles } from './journal/outputs/output-files.js';
import type { JournalRecord } from './journal/records/record.js';
import { isFinished } from './journal/records/state.js';
import type { RunSummary } from './journal/records/summary.js';
import { exclusiveHolder } from './platform/exclusive-file.js';
import { livingHolder } from './platform/lock-holder.js';
import { lookAtLock } from './platform/lock-look.js';
import { systemPlatform } from './platform/platform.js';
import { absolutePath } from './platform/working-dir.js';
import { attemptFiles } from './runners/attempt-files.js';
import { readLogFile } from './runners/logs/log-reader.js';
import { type RunSnapshot, snapshot } from './runtime/snapshot.js';

/*
 * Looking at a data directory from outside: no lock is taken and nothing is written, so it works
 * beside the process that works there. What is shown is what is on disk.
 */

/** A run as it is seen from outside. */
export type Seen<T> = T & {
  /**
   * There when nobody works on the run although it has not ended: no process has the data directory, or the one that has it
   * opened it after the run was last taken up. Go on with it by `resume`. Processes of other machines are not seen, and so count as at work.
   */
  readonly unattended?: true;
};

/** The process that has a data directory open. */
export interface DataDirHolder {
  readonly pid: number;
  /** ISO 8601. */
  readonly since: string;
}

/** Who has the data directory open, as far as can be told without taking its lock; undefined when nobody has. */
export async function dataDirHolder(dataDir: string): Promise<DataDirHolder | undefined> {
  const { lockPath } = dirAt(dataDir);
  const exclusive = await exclusiveHolder(lockPath).catch(unlessMissing);
  const holder = exclusive ?? (await livingHolder(lockPath));
  if (holder === undefined) return undefined;
  const { pid, since } = holder.takenBy;
  return { pid, since };
}

/** All runs, latest first; empty when there is no such directory. */
export async function listRuns(dataDir: string): Promise<readonly Seen<RunSummary>[]> {
  const dir = dirAt(dataDir);
  const isUnattended = await workersOf(dir);
  const index = await RunIndex.open(systemPlatform, dir);
  return index
    .list()
    .map((run) => (isUnattended(run.openedAt) ? { ...run, unattended: true } : run));
}

/** A run as its journal says. Throws RunNotFoundError, InvalidRunIdError, JournalDamagedError, JournalFormatError. */
export async function inspectRun(dataDir: string, id: string): Promise<Seen<RunSnapshot>> {
  const dir = dirAt(dataDir);
  const isUnattended = await workersOf(dir);
  const state = await dir.readState(id);
  const run = snapshot(state);
  return !isFinished(state) && isUnattended(state.openedAt) ? { ...run, unattended: true } : run;
}

/**
 * Tells whether nobody works on a run that was last taken up then. To be asked for before journals are read: a run that ends
 * meanwhile, and its process with it, must not look as if it had been left.
 */
async function workersOf(dir: DataDir): Promise<(openedAt: string | undefined) => boolean> {
  const lookedAt = new Date(systemPlatform.clock.now()).toISOString();
  const lock = await lookAtLock(dir.lockPath).catch(() => ({ since: undefined }));
  const since = lock === undefined ? lookedAt : lock.since;
  return (openedAt) => openedAt !== undefined && since !== undefined && openedAt < since;
}

/**
 * Output of a task, also one over 256 KiB that is in a file of its own; undefined while it has none.
 * Throws TaskNotFoundError, OutputFileError, and what {@link inspectRun} throws.
 */
export async function readOutput(
  dataDir: string,
  id: string,
  task: string,
): Promise<JsonValue | undefined> {
  const dir = dirAt(dataDir);
  return taskOutput(await dir.readState(id), task, new OutputFiles(systemPlatform.fileSystem, dir));
}

/** What of a task's output is wanted. */
export interface LogOptions {
  readonly stream: 'stdout' | 'stderr';
  /** Default the last. */
  readonly attempt?: number | undefined;
}

/**
 * What an attempt of a task printed so far, as bytes; nothing while there is no such attempt. Of a function it is
 * what it gave to `context.log`, and on stderr the stack of what it threw. Of a long log the middle is missing, and a line says how much. Throws TaskNotFoundError,
 * and what {@link inspectRun} throws.
 */
export async function* readLog(
  dataDir: string,
  id: string,
  task: string,
  options: LogOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const { read } = await openLogs(dataDir, id);
  yield* read(task, options);
}

/** A run as it stands, and what its tasks printed. */
export interface RunLogs {
  readonly run: RunSnapshot;
  /** As {@link readLog}. */
  read(task: string, options: LogOptions): AsyncGenerator<Uint8Array, void, void>;
}

/** For many logs of a run: its journal is read once. Throws what {@link inspectRun} throws. */
export async function openLogs(dataDir: string, id: string): Promise<RunLogs> {
  const dir = dirAt(dataDir);
  const run = snapshot(await dir.readState(id));
  const places = new Map(run.tasks.map((task, index) => [task.id, index]));
  const read: RunLogs['read'] = (task, { stream, attempt }) => {
    const index = places.get(task);
    if (index === undefined) throw new TaskNotFoundError(id, task);
    const wanted = attempt ?? run.tasks[index]?.attempts ?? 0;
    return readLogFile(attemptFiles(dir.attemptDir(id, index, task, wanted))[stream]);
  };
  return { run, read };
}

/**
 * A run's records from `from` (default 1) to the last that is whole. Memory does not grow with their
 * number. Throws what {@link inspectRun} throws.
 */
export async function* readEvents(
  dataDir: string,
  id: string,
  { from = 1 }: { readonly from?: number } = {},
): AsyncGenerator<JournalRecord, void, void> {
  const dir = dirAt(dataDir);
  if ((await dir.firstRecord(id)) === undefined) throw new RunNotFoundError(id, dir.path);
  yield* dir.records(id, from);
}

function dirAt(dataDir: string): DataDir {
  return new DataDir(systemPlatform.fileSystem, absolutePath(dataDir));
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
