import {
  DataDirError,
  DataDirLockedError,
  DiskFullError,
  IllegalRecordError,
  JournalDamagedError,
  JournalFormatError,
  JournalNotRepairableError,
  JournalReadError,
  JournalWriteError,
  NuflowError,
  NushellNotStartedError,
  OutputFileError,
  RunUnfinishedError,
  UnreachableError,
} from 'nuflow';
import { EXIT, UsageError } from './exit-codes.js';

/** Errors of nuflow that are not the caller's mistake. */
const NOT_USAGE = [
  DataDirError,
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
  if (error instanceof DataDirLockedError) return EXIT.locked;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof NuflowError && !NOT_USAGE.some((type) => error instanceof type))
    return EXIT.usage;
  return EXIT.failed;
}
