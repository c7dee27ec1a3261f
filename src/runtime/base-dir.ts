import { NuflowError } from '../errors.js';
import { realDir } from '../platform/working-dir.js';

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
  /** Whether somebody named it; else it is the working directory. */
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
 * The directory of a run that goes on: the one it was started with, whatever the orchestrator uses for new runs. `recorded`
 * is absent in journals of earlier versions, and then it is the orchestrator's. Throws BaseDirError when it is gone.
 */
export function reopenedBaseDir(
  run: string,
  recorded: string | undefined,
  { path }: BaseDir,
): string {
  if (recorded === undefined) return path;
  if (realDir(recorded) !== undefined) return recorded;
  throw new BaseDirError(
    `Run ${JSON.stringify(run)} was started with the base directory ${recorded}, which is gone or is no directory any more (the current one is ${path}); nothing was started. Put it back, or a symbolic link to where it is now, then resume the run.`,
    { run, recorded, current: path },
  );
}

/** Who asks for a run by its id, with a base directory named, asks for that one. Throws BaseDirError when the run has another. */
export function assertSameBaseDir(
  run: string,
  recorded: string | undefined,
  { path, isExplicit }: BaseDir,
): void {
  if (recorded === undefined || !isExplicit || realDir(path) === realDir(recorded)) return;
  throw new BaseDirError(
    `Run ${JSON.stringify(run)} is there already, started with the base directory ${recorded}, and this orchestrator was opened with ${path}, where other code may be; nothing was started. Resume the run, which goes on in its own base directory, or start one with another id.`,
    { run, recorded, current: path },
  );
}
