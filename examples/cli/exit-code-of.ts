import {
  DataDirError,
  DataDirLockedError,
  DataDirMovedError,
  DiskFullError,
  IllegalRecordError,
  JournalDamagedError,
  JournalFormatError,
  JournalMovedError,
  JournalNotRepairableError,
  JournalReadError,
  JournalWriteError,
  LockedElsewhereError,
  NuflowError,
  NushellNotStartedError,
  OutputFileError,
  RunFolderError,
  RunUnfinishedError,
  UnreachableError,
  UnsafeDirError,
  UnsafeFileError,
} from 'nuflow';
import { EXIT, UsageError } from './exit-codes.js';

/** Errors of nuflow that are not the caller's mistake. */
const NOT_USAGE = [
  DataDirError,
  DataDirMovedError,
  JournalMovedError,
  RunFolderError,
  UnsafeDirError,
  UnsafeFileError,
  DiskFullError,
  IllegalRecordError,
  JournalDamagedError,
  JournalFormatError,
  JournalNotRepairableError,
  JournalReadError,
  JournalWriteError,
  NushellNotStartedError,
  OutputFileError,
  RunUnfinishedError,
  UnreachableError,
];

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof DataDirLockedError || error instanceof LockedElsewhereError)
    return EXIT.locked;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof NuflowError && !NOT_USAGE.some((type) => error instanceof type))
    return EXIT.usage;
  return EXIT.failed;
}
