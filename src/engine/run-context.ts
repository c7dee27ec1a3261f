import type { Plan } from '../dag/plan.js';
import type { OnFailure } from '../definition/spec.js';
import type { Workflow } from '../definition/workflow.js';
import type { Reserve } from '../journal/data-dir/reserve.js';
import type { OutputFiles } from '../journal/outputs/output-files.js';
import type { CancelReason } from '../journal/records/record.js';
import type { Platform } from '../platform/platform.js';
import type { Executor } from '../queue/executor.js';
import type { Runner } from '../runners/runner.js';
import type { RunSecrets } from './secrets/run-secrets.js';

/** What a run is given to work with. */
export interface RunTools {
  readonly platform: Platform;
  readonly executor: Executor;
  readonly runners: ReadonlyMap<string, Runner>;
  /** Absolute folder of an attempt's files. */
  readonly attemptDir: (run: string, taskIndex: number, task: string, attempt: number) => string;
  readonly reserve: Reserve;
  /** Throws DataDirMovedError when the data directory is not the one any more that is locked. */
  readonly assertInPlace: () => void;
  /** Outputs that are too big for the journal. */
  readonly outputs: OutputFiles;
  readonly baseDir: string;
  /** What each log of a task may hold, bytes. */
  readonly maxLogBytes: number;
  /** Between interrupt and kill, ms. */
  readonly graceMs: number;
}

/** What a run is made of. */
export interface RunContext {
  readonly workflow: Workflow;
  readonly plan: Plan;
  readonly onFailure: OnFailure;
  /** Absent when the workflow uses none. */
  readonly secrets?: RunSecrets | undefined;
  /** Expected duration of a task, ms, for those known. */
  readonly weights?: ((index: number) => number) | undefined;
}

/** Why a run is to be cancelled, and what a person said about it. */
export interface CancelRequest {
  readonly reason: CancelReason;
  readonly message?: string | undefined;
}
