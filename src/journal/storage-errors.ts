import { NuflowError } from '../errors.js';

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
      `${dataDir} can't be used (${message}); nothing was started. Mend the cause, then open it again.`,
      { dataDir },
      { cause },
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
