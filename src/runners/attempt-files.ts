import { closeSync, constants, writeSync } from 'node:fs';
import { createInMade, createRegular, isThere } from '../platform/regular-file.js';
import { makeAttemptFolder } from './attempt-folder.js';

/** Paths of the files of one attempt. */
export interface AttemptFiles {
  readonly input: string;
  readonly stdout: string;
  readonly stderr: string;
  /** Written aside by the task's process and renamed into place: there and whole, or not there. */
  readonly result: string;
  /** There when the attempt was told to stop: who takes it over has to finish that. */
  readonly stopped: string;
  /** There when the attempt's work is done by a process that was started before: who that is. */
  readonly process: string;
}

/** See {@link AttemptFiles}. */
export function attemptFiles(dir: string): AttemptFiles {
  return new FilesIn(dir);
}

/** Each path is made when it is asked for: most attempts need few of them, and those once. */
class FilesIn implements AttemptFiles {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  get input(): string {
    return `${this.#dir}/input.json`;
  }

  get stdout(): string {
    return `${this.#dir}/stdout.log`;
  }

  get stderr(): string {
    return `${this.#dir}/stderr.log`;
  }

  get result(): string {
    return `${this.#dir}/result.json`;
  }

  get stopped(): string {
    return `${this.#dir}/stopped`;
  }

  get process(): string {
    return `${this.#dir}/process.json`;
  }
}

/**
 * Leaves word that the attempt was told to stop. Not synced: the word is for a crash of this process; no
 * process of the attempt outlives the machine.
 */
export function markStopped(files: AttemptFiles): void {
  try {
    if (!isThere(files.stopped)) closeSync(createRegular(files.stopped));
  } catch {
    // A full disk, or no descriptor left: it is stopped all the same.
  }
}

/** Open file descriptors. */
export type Stdio = readonly [stdin: number, ...logs: Logs];
/** The same of what a process prints. */
export type Logs = readonly [stdout: number, stderr: number];

// Logs are appended to, so that processes sharing one can't overwrite each other.
const LOG = constants.O_WRONLY | constants.O_APPEND;
const INPUT = constants.O_RDWR;

/**
 * Makes an attempt's folder (0700) and files (0600), without what an earlier try may have left, and calls
 * `use` with stdin, stdout and stderr open on them; closes them after. Throws what the file system says.
 */
export function withStdio<T>(dir: string, input: string, use: (stdio: Stdio) => T): T {
  const files = attemptFolder(dir);
  return withOpen([[files.input, INPUT]], ([stdin = -1]) => {
    writeFromStart(stdin, Buffer.from(input));
    return withLogs(files, (logs) => use([stdin, ...logs]));
  });
}

/** The same, with all of them closed again. */
export function prepareFiles(dir: string, input: string): AttemptFiles {
  return withStdio(dir, input, () => attemptFiles(dir));
}

/** Makes an attempt's folder, empty: see {@link makeAttemptFolder}. */
export function attemptFolder(dir: string): AttemptFiles {
  makeAttemptFolder(dir);
  return attemptFiles(dir);
}

/** There when a log was replaced by its beginning and its end. */
export function trimmedPath(log: string): string {
  return `${log}.trimmed`;
}

/** Calls `use` with empty logs open, in a folder that was just made; closes them after. */
export function withLogs<T>(
  { stdout, stderr }: Pick<AttemptFiles, 'stdout' | 'stderr'>,
  use: (logs: Logs) => T,
): T {
  const files = [
    [stdout, LOG],
    [stderr, LOG],
  ] as const;
  return withOpen(files, ([out = -1, err = -1]) => use([out, err]));
}

function withOpen<T>(
  files: readonly (readonly [path: string, flags: number])[],
  use: (open: readonly number[]) => T,
): T {
  const open: number[] = [];
  try {
    for (const [path, flags] of files) open.push(createInMade(path, flags));
    return use(open);
  } finally {
    for (const fd of open) closeSync(fd);
  }
}

/** Leaves the descriptor's own position where it is: at the start, for who reads it next. */
function writeFromStart(fd: number, bytes: Uint8Array): void {
  for (let position = 0; position < bytes.length; ) {
    position += writeSync(fd, bytes, position, bytes.length - position, position);
  }
}
