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
export type { WorkflowFormat } from './definition/files/read-workflow.js';
export { type FileProblem, WorkflowFileError } from './definition/files/workflow-file-error.js';
export type { JsonObject, JsonValue } from './definition/json.js';
export type { CommonTaskOptions, RetryOptions } from './definition/options.js';
export type { Locate, Path, Position } from './definition/position.js';
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
export type { CloseMode } from './engine/commands/close-mode.js';
export type { DecideOptions } from './engine/commands/decision.js';
export {
  InvalidOutputError,
  NotHeldError,
  RerunRefusedError,
} from './engine/commands/decision-errors.js';
export { TooBigError } from './engine/commit/too-big-error.js';
export type { SecretSource } from './engine/secrets/run-secrets.js';
export { InvalidSecretError, SecretMissingError } from './engine/secrets/secret-errors.js';
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
} from './journal/records/record.js';
export { DECISIONS, type Decision } from './journal/records/record.js';
export type { RunStatus, RunSummary } from './journal/records/summary.js';
export { JournalNotRepairableError } from './journal/repair/repair-errors.js';
export {
  DataDirError,
  DataDirMovedError,
  DiskFullError,
  JournalMovedError,
  LockedElsewhereError,
  OutputFileError,
  RunFolderError,
} from './journal/storage-errors.js';
export { UnsafeDirError } from './platform/own-dir.js';
export { UnsafeFileError } from './platform/own-file.js';
export { type Platform, systemPlatform } from './platform/platform.js';
export { WorkingDirError } from './platform/working-dir.js';
export type { PoolOptions } from './queue/executor.js';
export type { StandbyCounts } from './runners/index.js';
export { NushellNotStartedError } from './runners/nushell/not-started-error.js';
export { BaseDirError } from './runtime/base-dir.js';
export { Orchestrator } from './runtime/orchestrator.js';
export type {
  LogOptions,
  OrchestratorOptions,
  Resumed,
  ResumeOptions,
  StartOptions,
} from './runtime/orchestrator-options.js';
export type { Run, RunResult } from './runtime/run.js';
export type { Progress, RunSnapshot, TaskSnapshot } from './runtime/snapshot.js';
export type { StoppedListener, StoppedRun } from './runtime/stopped-runs.js';
export {
  type ParseWorkflowOptions,
  parseWorkflow,
  type WorkflowFileOptions,
  workflowFromFile,
} from './workflow-file.js';
