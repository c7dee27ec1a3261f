import { NuflowError } from './errors.js';
import type { DataDir } from './journal/data-dir.js';
import type { Reserve } from './journal/reserve.js';
import type { RunIndex } from './journal/run-index.js';
import { DataDirError } from './journal/storage-errors.js';
import type { Settings } from './orchestrator-options.js';
import type { Executor } from './queue/executor.js';
import type { Runner } from './runners/runner.js';
import type { HeldLock } from './world/lock-attempt.js';

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
