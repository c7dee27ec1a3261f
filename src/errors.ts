/**
 * Every error nuflow throws. Each says what is wrong, where, and what to do next, and has a `code`
 * that stays the same between releases; match on the code, not on the message.
 */

/** Base of all errors thrown by nuflow. `code` is stable, `details` is plain JSON data for tools. */
export class NuflowError extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
}

/** A bug in nuflow itself: a case that the types say can't happen did. Please report it. */
export class UnreachableError extends NuflowError {
  constructor(value: never, where: string) {
    super(
      'NUFLOW_BUG',
      `Unexpected value in ${where}: ${JSON.stringify(value)}. This is a bug in nuflow.`,
    );
  }
}

/** Default branch of an exhaustive switch. */
export function unreachable(value: never, where: string): never {
  throw new UnreachableError(value, where);
}

// --- A definition that can't be run: thrown before anything started ---

/** Two tasks of one workflow have the same id. */
export class DuplicateTaskError extends NuflowError {
  constructor(task: string) {
    super(
      'NUFLOW_DUPLICATE_TASK',
      `Task id ${quote(task)} is used twice; give one of the tasks another id.`,
      { task },
    );
  }
}

/** A task needs a task that the workflow does not have. */
export class UnknownDependencyError extends NuflowError {
  constructor(task: string, dependency: string, nearest?: string) {
    const next =
      nearest === undefined ? 'add it or correct the name.' : `did you mean ${quote(nearest)}?`;
    super(
      'NUFLOW_UNKNOWN_DEPENDENCY',
      `Task ${quote(task)} needs ${quote(dependency)}, which is not a task of this workflow; ${next}`,
      { task, dependency, ...(nearest === undefined ? {} : { nearest }) },
    );
  }
}

/** A task asks for a runner that this orchestrator does not have. */
export class UnknownRunnerError extends NuflowError {
  constructor(task: string, runner: string, known: readonly string[], nearest?: string) {
    const meant = nearest === undefined ? '' : `did you mean ${quote(nearest)}? Otherwise `;
    super(
      'NUFLOW_UNKNOWN_RUNNER',
      `Task ${quote(task)} asks for runner ${quote(runner)}, but this orchestrator has ${known.map(quote).join(', ')}; ${meant}register it with Orchestrator.open({ runners }).`,
      { task, runner, known, ...(nearest === undefined ? {} : { nearest }) },
    );
  }
}

/** A value that must be JSON is not. `path` says where, e.g. `$.servers[2].createdAt`. */
export class NotJsonError extends NuflowError {
  readonly path: string;
  constructor(what: string, path: string, found: string) {
    super(
      'NUFLOW_NOT_JSON',
      `${what} is not JSON: ${path} is ${found}; convert it to a string, number, boolean, null, array or plain object.`,
      {
        what,
        path,
        found,
      },
    );
    this.path = path;
  }
}

/** A task id is empty, longer than 200 characters, not well-formed Unicode, or has control characters. */
export class InvalidTaskIdError extends NuflowError {
  constructor(task: string, why: string) {
    super('NUFLOW_INVALID_TASK_ID', `Task id ${quote(task.slice(0, 220))} ${why}.`, { task, why });
  }
}

/** Some other part of a definition is wrong. `path` says which, e.g. `tasks.server.timeout`. */
export class InvalidDefinitionError extends NuflowError {
  constructor(path: string, why: string, details: Readonly<Record<string, unknown>> = {}) {
    super('NUFLOW_INVALID_DEFINITION', `${path}: ${why}`, { path, why, ...details });
  }
}

// --- A request that can't be taken ---

/** The input of a run does not pass the workflow's input schema. */
export class InvalidInputError extends NuflowError {
  constructor(workflow: string, issues: readonly { path: string; message: string }[]) {
    const list = issues.map((i) => `${i.path}: ${i.message}`).join('; ');
    super('NUFLOW_INVALID_INPUT', `Input of workflow ${quote(workflow)} is not valid: ${list}.`, {
      workflow,
      issues,
    });
  }
}

/** An option of the API is out of its range. */
export class InvalidOptionError extends NuflowError {
  constructor(option: string, why: string) {
    super('NUFLOW_INVALID_OPTION', `Option ${option} ${why}.`, { option, why });
  }
}

/** A run id is not usable as a folder name. Allowed: 1–128 of `A-Z a-z 0-9 . _ -`, not starting with a dot. */
export class InvalidRunIdError extends NuflowError {
  constructor(run: string) {
    super(
      'NUFLOW_INVALID_RUN_ID',
      `Run id ${quote(run.slice(0, 140))} is not valid; use 1 to 128 of A-Z a-z 0-9 . _ - and don't start with a dot.`,
      { run },
    );
  }
}

/** There is no run with this id in the data directory. */
export class RunNotFoundError extends NuflowError {
  constructor(run: string, dataDir: string) {
    super(
      'NUFLOW_RUN_NOT_FOUND',
      `There is no run ${quote(run)} in ${dataDir}; list the runs to see their ids.`,
      { run },
    );
  }
}

/** The run's workflow has no task with this id. */
export class TaskNotFoundError extends NuflowError {
  constructor(run: string, task: string) {
    super(
      'NUFLOW_TASK_NOT_FOUND',
      `Run ${quote(run)} has no task ${quote(task)}; inspect the run to see its tasks.`,
      { run, task },
    );
  }
}

/** The run id is taken by a run with another workflow or another input. */
export class RunConflictError extends NuflowError {
  constructor(run: string, what: 'workflow' | 'input') {
    super(
      'NUFLOW_RUN_CONFLICT',
      `Run ${quote(run)} exists already with another ${what}; use another id, or start it with the same ${what} to attach to it.`,
      { run, what },
    );
  }
}

/** The definition changed since the run was started. `changed` lists the tasks that differ. */
export class DefinitionChangedError extends NuflowError {
  readonly changed: readonly { task: string; change: 'added' | 'removed' | 'changed' }[];
  constructor(
    run: string,
    changed: readonly { task: string; change: 'added' | 'removed' | 'changed' }[],
  ) {
    const list = shorten(changed.map((c) => `${quote(c.task)} ${c.change}`)).join(', ');
    super(
      'NUFLOW_DEFINITION_CHANGED',
      `The definition changed since run ${quote(run)} was started (${list}); resume it with the definition it was started with, or start a new run.`,
      { run, changed },
    );
    this.changed = changed;
  }
}

/** The run's definition holds functions, and this process was not given its source. */
export class WorkflowNotRegisteredError extends NuflowError {
  constructor(run: string, workflow: string) {
    super(
      'NUFLOW_WORKFLOW_NOT_REGISTERED',
      `Run ${quote(run)} needs the source of workflow ${quote(workflow)}, because its definition holds functions; pass it to Orchestrator.open({ workflows }) or to resume(id, { workflow }).`,
      { run, workflow },
    );
  }
}

/** The orchestrator was closed; nothing was started. */
export class OrchestratorClosedError extends NuflowError {
  constructor() {
    super('NUFLOW_CLOSED', 'This orchestrator is closed; open a new one.');
  }
}

/** The orchestrator was closed (or the journal failed) before the run finished; nothing is lost. */
export class RunUnfinishedError extends NuflowError {
  constructor(run: string) {
    super(
      'NUFLOW_RUN_UNFINISHED',
      `Run ${quote(run)} had not finished when its orchestrator was closed; resume it to go on where it was.`,
      { run },
    );
  }
}

// --- The data directory ---

/** Another process has the data directory open. */
export class DataDirLockedError extends NuflowError {
  readonly pid: number | undefined;
  readonly since: string | undefined;
  constructor(dataDir: string, pid: number | undefined, since: string | undefined) {
    super(
      'NUFLOW_DATA_DIR_LOCKED',
      `${dataDir} is in use by process ${pid ?? 'unknown'} since ${since ?? 'an unknown time'}; stop it, use another directory, or only look, with nuflow/inspect.`,
      { dataDir, pid, since },
    );
    this.pid = pid;
    this.since = since;
  }
}

/** A journal is damaged elsewhere than at its torn end. Nothing was changed. */
export class JournalDamagedError extends NuflowError {
  readonly file: string;
  readonly line: number;
  readonly offset: number;
  constructor(file: string, line: number, offset: number, why: string) {
    super(
      'NUFLOW_JOURNAL_DAMAGED',
      `${file} is damaged at line ${line}, byte ${offset}: ${why}; nothing was changed. Restore it from a copy, or cut it to its last good record${repairCommand(file)}.`,
      { file, line, offset, why },
    );
    this.file = file;
    this.line = line;
    this.offset = offset;
  }
}

/** A journal, or a record in it, was written by a newer nuflow. Nothing was changed. */
export class JournalFormatError extends NuflowError {
  readonly file: string;
  readonly line: number;
  readonly offset: number;
  /** `format` is what the first line names, when that is what is not known. */
  constructor(file: string, line: number, offset: number, why: string, format?: unknown) {
    super(
      'NUFLOW_JOURNAL_FORMAT',
      `${file} can't be read at line ${line}, byte ${offset}: ${why}; use a newer nuflow. Nothing was changed.`,
      { file, line, offset, why, ...(format === undefined ? {} : { format }) },
    );
    this.file = file;
    this.line = line;
    this.offset = offset;
  }
}

/** The system failed to read a journal. Nothing was changed. */
export class JournalReadError extends NuflowError {
  constructor(file: string, cause: unknown) {
    super(
      'NUFLOW_JOURNAL_READ',
      `Reading ${file} failed (${messageOf(cause)}); nothing was changed. Fix the cause, then try again.`,
      { file },
      { cause },
    );
  }
}

/** Whether the system said that there is no space left, on the disk or in the quota. */
export function isNoSpaceError(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/**
 * A write or sync of a journal, or of an output file that it was to name, failed; the run stopped. What
 * is on disk decides at the next open. When the cause is ENOSPC, what ran was recorded before, as far as
 * the reserve went.
 */
export class JournalWriteError extends NuflowError {
  constructor(
    file: string,
    cause: unknown,
    became: 'The run stopped' | 'Nothing was started' = 'The run stopped',
  ) {
    const what = isNoSpaceError(cause) ? 'The disk is full: writing' : 'Writing';
    const remedy = isNoSpaceError(cause) ? 'Make space' : 'Fix the cause';
    const next = became === 'The run stopped' ? 'resume the run' : 'try again';
    super(
      'NUFLOW_JOURNAL_WRITE',
      `${what} ${file} failed (${messageOf(cause)}). ${became}. ${remedy}, then ${next}.`,
      { file },
      { cause },
    );
  }
}

/** Where a record begins: `line` counted from 1, `offset` in bytes from 0. */
export interface RecordPlace {
  readonly file: string;
  readonly line: number;
  readonly offset: number;
}

/**
 * A record contradicts the state that the journal gave so far (e.g. a second outcome of one task), although
 * its checksum is right. `place` is there when it was read from a file; nothing was changed.
 */
export class IllegalRecordError extends NuflowError {
  readonly place: RecordPlace | undefined;
  constructor(seq: number, type: string, why: string, place?: RecordPlace) {
    super(
      'NUFLOW_ILLEGAL_RECORD',
      place === undefined
        ? `Record ${seq} (${type}) can't follow what came before it: ${why}. See where with: nuflow journal check`
        : `${place.file} contradicts itself at line ${place.line}, byte ${place.offset}: record ${seq} (${type}) can't follow what came before it: ${why}; nothing was changed. Restore it from a copy, or cut it to its last good record${repairCommand(place.file)}.`,
      { seq, type, why, ...place },
    );
    this.place = place;
  }

  /** The same, of a record in a file. */
  at(place: RecordPlace): IllegalRecordError {
    const { seq, type, why } = this.details as { seq: number; type: string; why: string };
    return new IllegalRecordError(seq, type, why, place);
  }
}

// --- Runners ---

/** No Nushell binary was found. */
export class NushellNotFoundError extends NuflowError {
  constructor(searched: readonly string[]) {
    super(
      'NUFLOW_NU_NOT_FOUND',
      `No Nushell was found (looked at ${searched.join(', ')}); install it with "npm install nushell", or name the binary in NUFLOW_NU or the option nushell.binary.`,
      { searched },
    );
  }
}

/** What to type to repair a run's journal; empty for a file that is in no data directory. */
function repairCommand(file: string): string {
  const [, dataDir, run] = /^(.+)[/]runs[/]([^/]+)[/]journal\.ndjson$/.exec(file) ?? [];
  if (dataDir === undefined) return '';
  const plain = /^[\w./-]+$/.test(dataDir) ? dataDir : `'${dataDir.replaceAll("'", "'\\''")}'`;
  return ` with: nuflow journal repair ${run} --data-dir ${plain}`;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Quotes an id for a message, so that control characters and quotes in it can't mislead a reader. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

const LISTED = 12;
function shorten(items: readonly string[]): string[] {
  if (items.length <= LISTED) return [...items];
  return [
    ...items.slice(0, LISTED - 2),
    `… (${items.length - LISTED + 1} more)`,
    items[items.length - 1] ?? '',
  ];
}
