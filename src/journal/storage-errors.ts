import { NuflowError, quote } from '../errors.js';
import type { LockHolder } from '../platform/lock-holder.js';

/** An output in a file of its own is not there, or not what the journal says it is. A wrong value is never given. */
export class OutputFileError extends NuflowError {
  constructor(file: string, why: string, cause?: unknown) {
    super(
      'NUFLOW_OUTPUT_FILE',
      `Output file ${file} ${why}; restore it from a copy, or start a new run.`,
      { file, why },
      cause === undefined ? undefined : { cause },
    );
  }
}

/** The system says that the data directory can't be made, locked or read; nothing was started. */
export class DataDirError extends NuflowError {
  constructor(dataDir: string, cause: unknown) {
    const { message } = cause as Error;
    super(
      'NUFLOW_DATA_DIR',
      `${dataDir} can't be used (${message}); nothing was started. Fix the cause, then open it again.`,
      { dataDir },
      { cause },
    );
  }
}

/** A journal is not under its name any more; the run stopped. */
export class JournalMovedError extends NuflowError {
  constructor(file: string) {
    super(
      'NUFLOW_JOURNAL_MOVED',
      `${file} is not the file any more that this run is written to: it, or a folder around it, was removed, renamed or replaced. The run stopped, and nothing was acknowledged since. Put it back, then resume the run.`,
      { file },
    );
  }
}

/** The data directory is not the one any more that this process has locked; all that was at work in it stops. */
export class DataDirMovedError extends NuflowError {
  constructor(dataDir: string) {
    super(
      'NUFLOW_DATA_DIR_MOVED',
      `${dataDir} is not the directory any more that this process has locked: it, or its lock file, was removed, renamed or replaced. What is at work in it stops, and nothing was acknowledged since. Put it back, or close this orchestrator and open the directory anew.`,
      { dataDir },
    );
  }
}

/** Whether what was to be written to is not under its name any more. */
export function isMovedError(error: unknown): error is JournalMovedError | DataDirMovedError {
  return error instanceof JournalMovedError || error instanceof DataDirMovedError;
}

/** A run's folder holds the journal of another run: it was copied, or renamed. Nothing was started. */
export class RunFolderError extends NuflowError {
  constructor(file: string, run: string, recorded: string) {
    super(
      'NUFLOW_RUN_FOLDER',
      `${file} is in the folder of run ${quote(run)}, but is the journal of run ${quote(recorded)}: the folder was copied or renamed. Nothing was started, so that no work is done twice. Remove the copy, or give the folder its name back.`,
      { file, run, recorded },
    );
  }
}

/** A lock names a process of which can't be told from here whether it lives. Nothing was started. */
export class LockedElsewhereError extends NuflowError {
  constructor(dataDir: string, file: string, holder: LockHolder | undefined) {
    const { pid, host, since } = holder ?? {};
    super(
      'NUFLOW_LOCKED_ELSEWHERE',
      `${dataDir} was locked by process ${pid ?? 'unknown'} on host ${host ?? 'unknown'}, of another machine or another PID namespace (a container), since ${since ?? 'an unknown time'}: whether it still lives can't be seen from here. When you are sure that it has ended, type: rm '${file.replaceAll("'", "'\\''")}'`,
      { dataDir, file, pid, host, since },
    );
  }
}

/** There is no room for what is kept free for a full disk (`reserveBytes`), or it is in use; nothing was started. */
export class DiskFullError extends NuflowError {
  constructor(file: string, why: string, cause: unknown) {
    super(
      'NUFLOW_DISK_FULL',
      `The disk is full: ${file} ${why}. Nothing was started; make space, then try again.`,
      { file, why },
      { cause },
    );
  }
}
