import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { NuflowError } from '../errors.js';

/** The working directory of this process was removed, so that relative paths lead nowhere. */
export class WorkingDirError extends NuflowError {
  constructor(path: string, cause: unknown) {
    super(
      'NUFLOW_WORKING_DIR',
      `The working directory of this process is gone, so ${JSON.stringify(path)} leads nowhere; change to a directory that exists, or give an absolute path.`,
      { path },
      { cause },
    );
  }
}

/** `path` as an absolute path. Throws WorkingDirError when it is relative and the working directory was removed. */
export function absolutePath(path: string): string {
  try {
    return resolve(path);
  } catch (cause) {
    throw new WorkingDirError(path, cause);
  }
}

/** The path of a directory without symbolic links; undefined when it is no directory, or can't be reached. */
export function realDir(path: string): string | undefined {
  try {
    const real = realpathSync.native(path);
    return statSync(real).isDirectory() ? real : undefined;
  } catch {
    return undefined;
  }
}
