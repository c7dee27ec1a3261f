import type { JsonValue } from './definition/json.js';
import { RunNotFoundError, TaskNotFoundError } from './errors.js';
import { DataDir } from './journal/data-dir.js';
import { OutputFiles } from './journal/output-files.js';
import type { JournalRecord } from './journal/record.js';
import { RunIndex } from './journal/run-index.js';
import type { RunSummary } from './journal/summary.js';
import { taskOutput } from './run/outputs.js';
import { type RunSnapshot, snapshot } from './run/snapshot.js';
import { attemptFiles } from './runners/attempt-files.js';
import { readLogFile } from './runners/log-reader.js';
import { absolutePath } from './world/working-dir.js';
import { systemWorld } from './world/world.js';

/*
 * Looking at a data directory from outside: no lock is taken and nothing is written, so it works
 * beside the process that works there. What is shown is what is on disk.
 */

/** All runs, latest first; empty when there is no such directory. */
export async function listRuns(dataDir: string): Promise<readonly RunSummary[]> {
  const index = await RunIndex.open(systemWorld, dirAt(dataDir));
  return index.list();
}

/** A run as its journal says. Throws RunNotFoundError, InvalidRunIdError, JournalDamagedError, JournalFormatError. */
export async function inspectRun(dataDir: string, id: string): Promise<RunSnapshot> {
  return snapshot(await dirAt(dataDir).readState(id));
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
  return taskOutput(await dir.readState(id), task, new OutputFiles(systemWorld.fileSystem, dir));
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
  { stream, attempt }: LogOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const dir = dirAt(dataDir);
  const run = snapshot(await dir.readState(id));
  const index = run.tasks.findIndex((it) => it.id === task);
  if (index === -1) throw new TaskNotFoundError(id, task);
  const wanted = attempt ?? run.tasks[index]?.attempts ?? 0;
  yield* readLogFile(attemptFiles(dir.attemptDir(id, index, task, wanted))[stream]);
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
  return new DataDir(systemWorld.fileSystem, absolutePath(dataDir));
}
