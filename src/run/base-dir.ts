import { NuflowError } from '../errors.js';
import { realDir } from '../world/working-dir.js';

/** The directory that relative paths of a run's definition start from is gone, or another one than it was started with; nothing was started. */
export class BaseDirError extends NuflowError {
  constructor(message: string, details: Readonly<Record<string, unknown>>) {
    super('NUFLOW_BASE_DIR', message, details);
  }
}

/** The directory that relative paths start from, as the orchestrator was told. */
export interface BaseDir {
  /** Absolute. */
  readonly path: string;
  /** Whether somebody named it; else it is the working directory, and a run that was started elsewhere goes on there. */
  readonly isExplicit: boolean;
}

/** The directory for a new run, without symbolic links. Throws BaseDirError when there is none. */
export function newBaseDir({ path }: BaseDir): string {
  const real = realDir(path);
  if (real !== undefined) return real;
  throw new BaseDirError(
    `The base directory ${path}, which relative paths of workflows start from, is not there or is no directory; nothing was started. Make it, or open the orchestrator with another baseDir.`,
    { current: path },
  );
}

/**
 * The directory of a run that goes on: the one it was started with. `recorded` is absent in journals of earlier
 * versions, and then it is the orchestrator's. Throws BaseDirError when it is gone, or the orchestrator was
 * told another one.
 */
export function reopenedBaseDir(
  run: string,
  recorded: string | undefined,
  { path, isExplicit }: BaseDir,
): string {
  if (recorded === undefined) return path;
  const details = { run, recorded, current: path };
  const isThere = realDir(recorded) !== undefined;
  if (!isThere)
    throw new BaseDirError(
      `Run ${JSON.stringify(run)} was started with the base directory ${recorded}, which is gone or is no directory any more (the current one is ${path}); nothing was started. Put it back, or a symbolic link to where it is now, then resume the run.`,
      details,
    );
  if (isExplicit && realDir(path) !== realDir(recorded))
    throw new BaseDirError(
      `Run ${JSON.stringify(run)} was started with the base directory ${recorded}, and this orchestrator was opened with ${path}, where other code may be; nothing was started. Resume it with the base directory it was started with, or start a new run.`,
      details,
    );
  return recorded;
}
