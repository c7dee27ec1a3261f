import { FunctionRunner } from './function/function-runner.js';
import { type NushellOptions, NushellRunner } from './nushell/nushell-runner.js';
import { NO_STANDBYS, type StandbyCounts } from './nushell/standby/counts.js';
import { directStarter } from './process/direct-starter.js';
import { seesCookies } from './process/process-table.js';
import type { Runner } from './runner.js';
import { ShellRunner } from './shell/shell-runner.js';
import { Spawners } from './spawner/spawners.js';

export { FunctionRunner } from './function/function-runner.js';
export { type FindOptions, findNushell, nushellVersion } from './nushell/find-nushell.js';
export {
  type NushellOptions,
  NushellRunner,
  type NushellRunnerOptions,
} from './nushell/nushell-runner.js';
export { sweepPrivateFolders } from './private/sweep-folders.js';
export type { ProcessStarter, Program, Standby, Starting } from './process/process-starter.js';
export type {
  Attempt,
  AttemptRef,
  AttemptSecrets,
  CallContext,
  ComingWork,
  Execution,
  Outcome,
  OutputChunk,
  Runner,
} from './runner.js';
export { ShellRunner, type ShellRunnerOptions } from './shell/shell-runner.js';
export type { StandbyCounts };

/** What the built-in runners are told. */
export interface BuiltInOptions {
  readonly nushell?: NushellOptions | undefined;
  /** Names of variables of this process that tasks may see, beside the usual ones. */
  readonly env?: readonly string[] | undefined;
  readonly baseDir?: string | undefined;
  /** See NushellRunnerOptions. */
  readonly standbyDir?: string | undefined;
}

/** Counts of a Nushell runner's standby processes; of any other runner none. */
export function standbysOf(runner: Runner | undefined): StandbyCounts {
  return runner instanceof NushellRunner ? runner.standbys : NO_STANDBYS;
}

/** The runners every orchestrator has, by the names definitions use. */
export function builtInRunners(options: BuiltInOptions = {}): ReadonlyMap<string, Runner> {
  const { nushell, env: allowEnv, baseDir, standbyDir } = options;
  // What a helper had begun when it died can be told by cookies alone.
  const starter = seesCookies() ? new Spawners() : directStarter;
  return new Map<string, Runner>([
    ['nu', new NushellRunner({ ...nushell, allowEnv, baseDir, standbyDir, starter })],
    ['shell', new ShellRunner({ allowEnv, starter })],
    ['fn', new FunctionRunner()],
  ]);
}
