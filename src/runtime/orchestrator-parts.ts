import { NuflowError } from '../errors.js';
import type { RunIndex } from '../journal/catalog/run-index.js';
import type { DataDir } from '../journal/data-dir/data-dir.js';
import type { Reserve } from '../journal/data-dir/reserve.js';
import { DataDirError } from '../journal/storage-errors.js';
import type { HeldLock } from '../platform/lock-attempt.js';
import type { Executor } from '../queue/executor.js';
import type { Runner } from '../runners/runner.js';
import type { Settings } from './orchestrator-options.js';

/** What an orchestrator is made of. */
export interface OrchestratorParts {
  readonly settings: Settings;
  readonly dir: DataDir;
  readonly lock: HeldLock;
  readonly index: RunIndex;
  readonly reserve: Reserve;
  readonly executor: Executor;
  readonly runners: ReadonlyMap<string, Runner>;
}

/** Gives an error of the system a code of ours. */
export function unusable(dataDir: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof NuflowError ? error : new DataDirError(dataDir, error);
  };
}
