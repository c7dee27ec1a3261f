import { type Duration, durationMs } from '../definition/duration.js';
import type { OnFailure } from '../definition/spec.js';
import type { Workflow } from '../definition/workflow.js';
import type { SecretSource } from '../engine/secrets/run-secrets.js';
import { InvalidOptionError } from '../errors.js';
import { type Platform, systemPlatform } from '../platform/platform.js';
import { absolutePath } from '../platform/working-dir.js';
import type { PoolOptions } from '../queue/executor.js';
import type { NushellOptions } from '../runners/index.js';
import { assertInstalled } from '../runners/programs.js';
import type { Runner } from '../runners/runner.js';
import type { BaseDir } from './base-dir.js';
import { assertOpenOptions } from './orchestrator-check.js';
import type { Run } from './run.js';

/** What Orchestrator.open takes; everything has a default. */
export interface OrchestratorOptions {
  /** Folder of journals and task files, made if missing; one process at a time has it open. Default `.nuflow`. */
  readonly dataDir?: string | undefined;
  /** Tasks at once, over all runs, 1 to 10,000; default 10. */
  readonly concurrency?: number | undefined;
  /** Named pools with limits of their own; their tasks don't count against `concurrency`. */
  readonly pools?: Readonly<Record<string, PoolOptions>> | undefined;
  /**
   * What relative paths in definitions (modules, scripts, cwd) start from; default the working directory. It is
   * recorded with each run. A run that is resumed goes on with its own, whatever is named here, and is refused (BaseDirError)
   * when that is gone. A start with the id of a run that has another one than is named here is refused too.
   */
  readonly baseDir?: string | undefined;
  /** Workflows whose definitions hold functions, so that resume can find their source by name. */
  readonly workflows?: readonly Workflow<never, unknown>[] | undefined;
  /** Runners beside `nu`, `shell` and `fn`, by name. */
  readonly runners?: Readonly<Record<string, Runner>> | undefined;
  readonly nushell?: NushellOptions | undefined;
  /** Names of environment variables that tasks may see, beside the usual ones (PATH, HOME, LANG, …). */
  readonly env?: readonly string[] | undefined;
  /**
   * Values of the secrets that definitions refer to by name: a record, or a function that is asked for each when a
   * run starts or is resumed, and again at each attempt that is given it. They are kept in memory only.
   */
  readonly secrets?: SecretSource | undefined;
  readonly logs?: LogOptions | undefined;
  /**
   * Space kept in the file `reserve` for the day the disk is full, bytes: 0 (none) to 1 GiB, default 4 MiB.
   * Then it is freed, what runs is recorded as it ends, nothing more starts, and the runs end with
   * JournalWriteError. Without room for it a start or resume throws DiskFullError.
   */
  readonly reserveBytes?: number | undefined;
  /** Between the request to stop (SIGINT) and SIGKILL; default `'5s'`. */
  readonly grace?: Duration | undefined;
  /** File system, clock and randomness; default this machine's. */
  readonly platform?: Platform | undefined;
}

/** Bounds of what tasks print. */
export interface LogOptions {
  /**
   * What each log file, stdout and stderr of an attempt, may hold, bytes: 1 MiB to 1 TiB, default 16 MiB. Of
   * a longer one beginning and end are kept, half each, with a line between them that says how much is
   * left out. While a task runs its log may take half as much again, and what is printed in some 100 ms;
   * where holes in files can't be made (no `fallocate`), all that it prints until it ends. The stdout of a shell task is its
   * output: up to 64 MiB it stays whole until the task ends.
   */
  readonly maxBytes?: number | undefined;
}

/** What start takes beside the workflow. */
export interface StartOptions<Input> {
  /**
   * Id of the run, 1–128 of `A-Z a-z 0-9 . _ -`. Starting the same id again attaches to the run, so a
   * caller that is not sure may ask again. Default: a new id that begins with the time.
   */
  readonly id?: string | undefined;
  readonly input?: Input | undefined;
  /** Overrides the workflow's. */
  readonly onFailure?: OnFailure | undefined;
  /** Longest time of the run; overrides the workflow's. */
  readonly timeout?: Duration | undefined;
  /** Cancels the run when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** What resume takes beside the id. */
export interface ResumeOptions {
  /** Source of the run's definition, when that holds functions and was not given to open. */
  readonly workflow?: Workflow<never, unknown> | undefined;
  /** Values of secrets; they win over the orchestrator's. */
  readonly secrets?: SecretSource | undefined;
}

/** Options with defaults filled in and ranges checked. */
export interface Settings {
  readonly dataDir: string;
  readonly concurrency: number;
  readonly baseDir: BaseDir;
  readonly graceMs: number;
  readonly maxLogBytes: number;
  readonly reserveBytes: number;
  readonly platform: Platform;
  readonly workflows: ReadonlyMap<string, Workflow>;
  readonly secrets: SecretSource;
}

const MAX_CONCURRENCY = 10_000;
/** At least twice what of stdout is in a shell task's output, so that no log is cut where that is read from. */
const LOG_BYTES = { least: 1024 * 1024, most: 1024 ** 4, default: 16 * 1024 * 1024 };
const RESERVE_BYTES = { most: 1024 ** 3, default: 4 * 1024 * 1024 };

/** Throws InvalidOptionError for what is out of range, WorkingDirError, and InstallationError where nothing can be run. */
export function settingsOf(options: OrchestratorOptions): Settings {
  assertInstalled();
  assertOpenOptions(options);
  const { concurrency = 10, grace = 5_000, workflows = [], platform = systemPlatform } = options;
  const { secrets = {} } = options;
  const { maxBytes = LOG_BYTES.default } = options.logs ?? {};
  assertWhole('concurrency', concurrency, 1, MAX_CONCURRENCY);
  assertWhole('logs.maxBytes', maxBytes, LOG_BYTES.least, LOG_BYTES.most);
  const { reserveBytes = RESERVE_BYTES.default } = options;
  assertWhole('reserveBytes', reserveBytes, 0, RESERVE_BYTES.most);
  const { standby } = options.nushell ?? {};
  if (standby) assertWhole('nushell.standby.max', standby.max ?? 1, 1, MAX_CONCURRENCY);
  return {
    dataDir: absolutePath(options.dataDir ?? '.nuflow'),
    concurrency,
    baseDir: {
      path: absolutePath(options.baseDir ?? '.'),
      isExplicit: options.baseDir !== undefined,
    },
    graceMs: durationMs(grace, 'grace'),
    maxLogBytes: maxBytes,
    reserveBytes,
    platform,
    workflows: new Map(workflows.map((workflow) => [workflow.name, workflow as Workflow])),
    secrets,
  };
}

function assertWhole(option: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new InvalidOptionError(
    option,
    `must be a whole number from ${least} to ${most}, not ${value}`,
  );
}

/** What `Orchestrator.resumeAll` did. */
export interface Resumed {
  readonly runs: readonly Run[];
  /** Runs that could not be resumed (changed definition, damaged journal, …), untouched, and why. */
  readonly refused: readonly { readonly id: string; readonly error: Error }[];
}
