import { constants } from 'node:fs';
import { join } from 'node:path';
import { createRegular, readRegular } from '../../platform/regular-file.js';

/**
 * What a filter says of its work, one letter each, in a file of the attempt's private folder: whether all that an
 * attempt printed is in its logs can't be told otherwise.
 */
export const WORDS = {
  /** It takes signals from now on. */
  ready: 'r',
  /** After it was asked: all that was in the pipes by then is in the logs. */
  caughtUp: 'c',
  /** Nobody has the pipes open any more, and all is in the logs. */
  done: 'd',
  /** Something could not be written. */
  lost: 'x',
} as const;

/** Asks a filter that is ready to say when it has caught up. */
export const ASK = 'SIGUSR2';

/** A filter's word takes a byte, and it says few; more are not its own. */
const MAX_BYTES = 4096;

function progressPath(folder: string): string {
  return join(folder, 'progress');
}

/** Makes the file; its descriptor, for the filter. The caller closes it. */
export function createProgress(folder: string): number {
  return createRegular(progressPath(folder), constants.O_WRONLY | constants.O_APPEND);
}

/** What the filter said so far; undefined when there is no such file, or something else in its place. */
export function readProgress(folder: string): string | undefined {
  try {
    return readRegular(progressPath(folder), MAX_BYTES);
  } catch {
    return undefined;
  }
}
