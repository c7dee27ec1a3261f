import { dirname } from 'node:path';
import { isNoSpaceError, JournalWriteError, NuflowError } from '../../errors.js';
import type { FileSystem } from '../../platform/file-system.js';
import { DiskFullError } from '../storage-errors.js';
import { syncFolder } from './sync-folder.js';

/**
 * Removes what was begun of a run that was not acknowledged, durably: found by a later open, its work would be done for nobody,
 * or twice by a caller that asked again.
 */
export async function discard(fileSystem: FileSystem, path: string): Promise<void> {
  const folder = dirname(path);
  await fileSystem.remove(path);
  await syncFolder(fileSystem, folder);
  await fileSystem.removeEmptyDir(folder);
  await syncFolder(fileSystem, dirname(folder));
}

/** Why a run was not taken of which nothing is left. */
export function notStarted(path: string, error: unknown): Error {
  const cause = error instanceof JournalWriteError ? error.cause : error;
  if (isNoSpaceError(cause)) return new DiskFullError(path, 'can not be written', cause);
  if (error instanceof NuflowError && !(error instanceof JournalWriteError)) return error;
  return new JournalWriteError(path, cause, 'Nothing was started');
}
