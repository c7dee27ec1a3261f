import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from './exit-codes.js';
import { DEFAULT_DATA_DIR } from './next-steps.js';

/**
 * Whether there is a data directory, for commands that must not make one. False when the default one is missing; of one that
 * was named throws UsageError, as its name is wrong then.
 */
export async function hasDataDir(dataDir: string): Promise<boolean> {
  if (await isFolder(join(dataDir, 'runs'))) return true;
  if (await isFolder(dataDir))
    throw new UsageError(`${dataDir} is not a data directory: it has no folder named runs`);
  if (dataDir === DEFAULT_DATA_DIR) return false;
  throw new UsageError(`there is no data directory ${dataDir}; name the right one with --data-dir`);
}

/** Throws UsageError also when the default one is missing. */
export async function assertDataDir(dataDir: string): Promise<void> {
  if (!(await hasDataDir(dataDir))) throw new UsageError(NO_DATA_DIR);
}

export const NO_DATA_DIR = `no ${DEFAULT_DATA_DIR} here; name where the runs are kept with --data-dir`;

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (code === 'ENOTDIR')
      throw new UsageError(`${path} can't be used: a part of it is not a folder`);
    throw error;
  }
}
