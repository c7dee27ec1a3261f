import {
  DataDirLockedError,
  IllegalRecordError,
  JournalDamagedError,
  JournalFormatError,
  JournalNotRepairableError,
  JournalReadError,
  JournalWriteError,
  NuflowError,
  OutputFileError,
  RunUnfinishedError,
  UnreachableError,
} from 'nuflow';

/** What the command says by its exit code. */
export const EXIT = {
  done: 0,
  /** A run failed or was cancelled, or could not go on. */
  failed: 1,
  /** The command, the workflow or its input is wrong; nothing was started. */
  usage: 2,
  /** A run can only go on when somebody decides about a held task. */
  waiting: 3,
  /** Another process has the data directory (EX_TEMPFAIL of sysexits.h: try again later). */
  locked: 75,
  /** Interrupted with Ctrl-C; the run can be resumed. */
  interrupted: 130,
} as const;

/** The command was used wrongly. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Errors of nuflow that are not the caller's mistake. */
const NOT_USAGE = [
  IllegalRecordError,
  JournalDamagedError,
  JournalFormatError,
  JournalNotRepairableError,
  JournalReadError,
  JournalWriteError,
  OutputFileError,
  RunUnfinishedError,
  UnreachableError,
];

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof DataDirLockedError) return EXIT.locked;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof NuflowError && !NOT_USAGE.some((type) => error instanceof type))
    return EXIT.usage;
  return EXIT.failed;
}
