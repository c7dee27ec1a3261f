export { defineWorkflow, type WorkflowOptions } from './definition/builder.js';
export type {
  Computed,
  FunctionOptions,
  Needs,
  NushellOptions as NushellTaskOptions,
  ShellOptions,
  TaskBuilder,
  TaskRef,
} from './definition/builder-types.js';
export { CycleError } from './definition/cycle-error.js';
export { type WorkflowFile, workflowFromData, workflowJsonSchema } from './definition/data.js';
export type { Duration } from './definition/duration.js';
export { BadJsonError } from './definition/files/bad-json.js';
export {
  type ParsedJson,
  type ParseJsonOptions,
  parseJson,
} from './definition/files/parse-json.js';
export type { Locate, Path, Position } from './definition/files/position.js';
export type { WorkflowFormat } from './definition/files/read-workflow.js';
export { type FileProblem, WorkflowFileError } from './definition/files/workflow-file-error.js';
export type { JsonObject, JsonValue } from './definition/json.js';
export type { CommonTaskOptions, RetryOptions } from './definition/options.js';
export type { Reference } from './definition/references.js';
export { type SecretReference, secret } from './definition/secret-name.js';
export type {
  OnFailure,
  OnInterrupted,
  RetryPolicy,
  TaskSpec,
  TriggerRule,
  WorkflowSpec,
} from './definition/spec.js';
export type { StandardSchema } from './definition/standard-schema.js';
export type {
  CallContext,
  InputOf,
  OutputsOf,
  TaskContext,
  Workflow,
} from './definition/workflow.js';
export * from './errors.js';
export {
  type EventOf,
  type EventType,
  isRecord,
  type RunEvent,
  type Unsubscribe,
  type VolatileEvent,
} from './events.js';
export { InstallationError } from './installation-error.js';
export type {
  JournalRecord,
  OutputFile,
  RecordOf,
  RecordType,
  TaskError,
} from './journal/record.js';
export { DECISIONS, type Decision } from './journal/record.js';
export { JournalNotRepairableError } from './journal/repair-errors.js';
export {
  DataDirError,
  DataDirMovedError,
  DiskFullError,
  JournalMovedError,
  LockedElsewhereError,
  OutputFileError,
  RunFolderError,
} from './journal/storage-errors.js';
export type { RunStatus, RunSummary } from './journal/summary.js';
export { Orchestrator } from './orchestrator.js';
export type {
  LogOptions,
  OrchestratorOptions,
  Resumed,
  ResumeOptions,
  StartOptions,
} from './orchestrator-options.js';
export type { PoolOptions } from './queue/executor.js';
export { BaseDirError } from './run/base-dir.js';
export type { CloseMode } from './run/close-mode.js';
export type { DecideOptions } from './run/decision.js';
export { InvalidOutputError, NotHeldError, RerunRefusedError } from './run/decision-errors.js';
export type { Run, RunResult } from './run/run.js';
export type { SecretSource } from './run/run-secrets.js';
export { InvalidSecretError, SecretMissingError } from './run/secret-errors.js';
export type { Progress, RunSnapshot, TaskSnapshot } from './run/snapshot.js';
export type { StoppedListener, StoppedRun } from './run/stopped-runs.js';
export { TooBigError } from './run/too-big-error.js';
export type { StandbyCounts } from './runners/index.js';
export { NushellNotStartedError } from './runners/nushell/not-started-error.js';
export {
  type ParseWorkflowOptions,
  parseWorkflow,
  type WorkflowFileOptions,
  workflowFromFile,
} from './workflow-file.js';
export { UnsafeDirError } from './world/own-dir.js';
export { UnsafeFileError } from './world/own-file.js';
export { WorkingDirError } from './world/working-dir.js';
export type { World } from './world/world.js';
