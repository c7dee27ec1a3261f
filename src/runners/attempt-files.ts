import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
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

/** Makes an attempt's folder (0700) and its input file (0600), without what an earlier try may have left. Throws what the file system says. */
export function prepareFiles(dir: string, input: string): AttemptFiles {
  const files = attemptFiles(dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const left of [files.result, files.stopped]) rmSync(left, { force: true });
  writeFileSync(files.input, input, { mode: 0o600 });
  for (const log of [files.stdout, files.stderr]) writeFileSync(log, '', { mode: 0o600 });
  return files;
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

/** Calls `use` with stdin, stdout and stderr open on the attempt's files, and closes them after. */
export function withStdio<T>(
  files: AttemptFiles,
  use: (stdio: readonly [number, number, number]) => T,
): T {
  const open: number[] = [];
  const opened = (path: string, flags: string): number => {
    const fd = openSync(path, flags);
    open.push(fd);
    return fd;
  };
  try {
    // Logs are appended to, so that processes sharing one can't overwrite each other.
    const stdio = [opened(files.input, 'r'), opened(files.stdout, 'a'), opened(files.stderr, 'a')];
    return use(stdio as [number, number, number]);
  } finally {
    for (const fd of open) closeSync(fd);
  }
}
