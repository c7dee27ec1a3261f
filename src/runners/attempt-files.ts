import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Paths of the files of one attempt. */
export interface AttemptFiles {
  readonly input: string;
  readonly stdout: string;
  readonly stderr: string;
  /** Written aside by the task's process and renamed into place: there and whole, or not there. */
  readonly result: string;
  /** There when the attempt was told to stop: who takes it over has to finish that. */
  readonly stopped: string;
}

/** See {@link AttemptFiles}. */
export function attemptFiles(dir: string): AttemptFiles {
  return {
    input: join(dir, 'input.json'),
    stdout: join(dir, 'stdout.log'),
    stderr: join(dir, 'stderr.log'),
    result: join(dir, 'result.json'),
    stopped: join(dir, 'stopped'),
  };
}

/**
 * Leaves word that the attempt was told to stop. Not synced: the word is for a crash of this process; no
 * process of the attempt outlives the machine.
 */
export function markStopped(files: AttemptFiles): void {
  try {
    writeFileSync(files.stopped, '', { mode: 0o600 });
  } catch {
    // A full disk, or no descriptor left: it is stopped all the same.
  }
}

/** Open file descriptors. */
export type Stdio = readonly [stdin: number, stdout: number, stderr: number];

const MODE = 0o600;
// Logs are appended to, so that processes sharing one can't overwrite each other.
const LOG = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;

/**
 * Makes an attempt's folder (0700) and files (0600), without what an earlier try may have left, and calls
 * `use` with stdin, stdout and stderr open on them; closes them after. Throws what the file system says.
 */
export function withStdio<T>(dir: string, input: string, use: (stdio: Stdio) => T): T {
  const files = attemptFiles(dir);
  const isNew = mkdirSync(dir, { recursive: true, mode: 0o700 }) !== undefined;
  if (!isNew) for (const left of [files.result, files.stopped]) rmSync(left, { force: true });
  const open: number[] = [];
  const opened = (path: string, flags: string | number): number => {
    const fd = openSync(path, flags, MODE);
    open.push(fd);
    return fd;
  };
  try {
    const stdin = opened(files.input, 'w+');
    writeFromStart(stdin, Buffer.from(input));
    return use([stdin, opened(files.stdout, LOG), opened(files.stderr, LOG)]);
  } finally {
    for (const fd of open) closeSync(fd);
  }
}

/** The same, with all of them closed again. */
export function prepareFiles(dir: string, input: string): AttemptFiles {
  return withStdio(dir, input, () => attemptFiles(dir));
}

/** Leaves the descriptor's own position where it is: at the start, for who reads it next. */
function writeFromStart(fd: number, bytes: Uint8Array): void {
  for (let position = 0; position < bytes.length; ) {
    position += writeSync(fd, bytes, position, bytes.length - position, position);
  }
}
