import { plan } from '../dag/plan.js';
import { compareTasks } from '../definition/compare.js';
import { workflowFromSpec } from '../definition/data.js';
import { canonicalJson, type JsonValue } from '../definition/json.js';
import type { WorkflowSpec } from '../definition/spec.js';
import type { Workflow } from '../definition/workflow.js';
import { RunLoop } from '../engine/loop.js';
import type { CancelRequest, RunContext, RunTools } from '../engine/run-context.js';
import { RunSecrets, type SecretSource } from '../engine/secrets/run-secrets.js';
import {
  DefinitionChangedError,
  RunConflictError,
  RunNotFoundError,
  WorkflowNotRegisteredError,
} from '../errors.js';
import type { DataDir } from '../journal/data-dir/data-dir.js';
import { notStarted } from '../journal/file/discard.js';
import { FileJournal } from '../journal/file/file-journal.js';
import type { Journal } from '../journal/journal.js';
import { JOURNAL_FORMAT, type JournalRecord, type RecordOf } from '../journal/records/record.js';
import { isFinished, type RunState } from '../journal/records/state.js';
import { assertSameBaseDir, type BaseDir, reopenedBaseDir } from './base-dir.js';
import { type Acceptance, accept } from './validate.js';

/** What an opener works with. */
export interface LoaderTools extends Omit<RunTools, 'baseDir'>, Acceptance {
  readonly dir: DataDir;
  readonly baseDir: BaseDir;
  /** Workflows by name, for definitions that hold functions. */
  readonly workflows: ReadonlyMap<string, Workflow>;
  /** Gets the runners a workflow uses ready; throws what is missing. */
  readonly prepare: (spec: WorkflowSpec, baseDir: string) => Promise<void>;
  /** Expected duration of a task, ms, from earlier runs of the workflow. */
  readonly durations: (workflow: string) => ReadonlyMap<string, number>;
  /** The orchestrator's. */
  readonly secrets: SecretSource;
}

/** What a new run is started with. */
export interface NewRun {
  readonly id: string;
  /** Whether nobody can have asked for this id before: it was drawn by chance. */
  readonly isNew: boolean;
  readonly parts: RunContext;
  /** Its secret parts taken out. */
  readonly input: JsonValue;
  /** Values of the secret parts. */
  readonly secrets: SecretSource;
  /** Absolute, without symbolic links. */
  readonly baseDir: string;
  readonly signal?: AbortSignal | undefined;
  readonly deadlineAt?: string | undefined;
}

/** How a run on disk is to go on. */
export interface ReopenOptions {
  /** Its definition, when the caller has it. */
  readonly workflow?: Workflow | undefined;
  /** These win over the orchestrator's. */
  readonly secrets?: SecretSource | undefined;
  /** Cancels it when aborted, also after it went on by itself. */
  readonly signal?: AbortSignal | undefined;
  /** Cancels it before anything starts. A run of which nothing more starts needs no source, and no secrets. */
  readonly cancel?: CancelRequest | undefined;
}

/** How a run that was asked for goes on when it is there already. */
export function reopenOptions({ parts, secrets, signal }: NewRun): ReopenOptions {
  return { workflow: parts.workflow, secrets, signal };
}

/** Brings runs to life: new ones, and ones whose journal is on disk. */
export class RunLoader {
  readonly #tools: LoaderTools;

  constructor(tools: LoaderTools) {
    this.#tools = tools;
  }

  /** What any new run would be refused with. Throws DataDirMovedError, DiskFullError, JournalWriteError. */
  async assertReady(): Promise<void> {
    this.#tools.assertInPlace();
    await this.#tools.reserve.assertSpace();
  }

  /** A new run, durably accepted. `enter` is told of the loop before it begins. */
  async create(run: NewRun, enter: (loop: RunLoop) => void): Promise<void> {
    const { platform, dir } = this.#tools;
    const { id, input, parts } = run;
    this.#tools.assertInPlace();
    await this.#tools.reserve.ensure();
    const { spec } = parts.workflow;
    const sources = [run.secrets, this.#tools.secrets];
    const secrets = RunSecrets.of({ id, workflow: spec, input }, sources);
    await secrets?.fetch();
    secrets?.assertHidden();
    const loop = this.#loop({ ...parts, secrets }, run.baseDir);
    const journal = await FileJournal.create(platform, dir.journalPath(id), loop.commits);
    enter(loop);
    loop.begin(journal, {
      type: 'run.started',
      format: JOURNAL_FORMAT,
      run: id,
      workflow: spec,
      input,
      onFailure: parts.onFailure,
      ...(run.deadlineAt === undefined ? {} : { deadlineAt: run.deadlineAt }),
      traceId: platform.random.hex(16),
      baseDir: run.baseDir,
    });
    try {
      await journal.flush();
      if (!loop.accepted) await loop.ended; // rejects: nothing got to the disk
    } catch (error) {
      throw (await journal.discard()) ? notStarted(dir.journalPath(id), error) : error;
    }
  }

  /** Whether `wanted` is the run on disk; undefined when there is none. Throws RunConflictError, DefinitionChangedError, BaseDirError. */
  async matches(wanted: NewRun): Promise<boolean> {
    const first = await this.#tools.dir.firstRecord(wanted.id);
    if (first === undefined) return false;
    assertSame(wanted, first.record);
    assertSameBaseDir(wanted.id, first.record.baseDir, this.#tools.baseDir);
    return true;
  }

  /** The run on disk, going on unless it has finished. Throws SecretMissingError and others, the run as it was. */
  async reopen(id: string, how: ReopenOptions, enter: (loop: RunLoop) => void): Promise<void> {
    const { platform, dir } = this.#tools;
    this.#tools.assertInPlace();
    const first = await dir.firstRecord(id);
    if (first === undefined) throw new RunNotFoundError(id, dir.path);
    const sources = [how.secrets ?? {}, this.#tools.secrets];
    const secrets = RunSecrets.of({ ...first.record, id }, sources);
    const parts = await this.#partsOf(id, first.record, how.workflow).catch((error: Error) =>
      this.#partsWithoutSource(id, first.record, how.cancel, error),
    );
    const loop = this.#loop({ ...parts, secrets }, first.record.baseDir);
    loop.replay(first.record);
    const replay = (record: JournalRecord): void => loop.replay(record);
    const path = dir.journalPath(id);
    const journal = await FileJournal.open(platform, path, loop.commits, replay, first.end);
    if (!loop.commits.finished) await this.#readyOrClose(secrets, journal, how.cancel);
    enter(loop);
    if (loop.commits.finished) return loop.conclude(journal);
    loop.begin(journal, { type: 'run.resumed', pid: platform.pid }, how.cancel);
    await journal.flush();
  }

  /** A run that is cancelled starts nothing: it needs no reserve, and no secret that nobody has any more. */
  async #readyOrClose(
    secrets: RunSecrets | undefined,
    journal: Journal,
    cancel: CancelRequest | undefined,
  ): Promise<void> {
    try {
      if (cancel === undefined) await this.#tools.reserve.ensure();
      await (cancel === undefined ? secrets?.fetch() : secrets?.fetchAvailable());
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  async #partsOf(
    id: string,
    first: RecordOf<'run.started'>,
    given: Workflow | undefined,
  ): Promise<RunContext> {
    if (given !== undefined && given.name !== first.workflow.name)
      throw new RunConflictError(id, 'workflow');
    const workflow =
      given ?? this.#tools.workflows.get(first.workflow.name) ?? portable(id, first.workflow);
    assertUnchanged(id, first.workflow, workflow.spec);
    const parts = accept(workflow, this.#tools, first.onFailure);
    const baseDir = reopenedBaseDir(id, first.baseDir, this.#tools.baseDir);
    await this.#tools.prepare(workflow.spec, baseDir);
    return parts;
  }

  /** What the journal alone gives, when that is enough; throws `error` when it is not. */
  async #partsWithoutSource(
    id: string,
    { workflow, onFailure }: RecordOf<'run.started'>,
    cancel: CancelRequest | undefined,
    error: Error,
  ): Promise<RunContext> {
    const { dir, runners } = this.#tools;
    // Without its runner, a living attempt of a run to be cancelled would be left behind.
    const canCancel =
      cancel !== undefined && workflow.tasks.every((task) => runners.has(task.runner));
    if (!canCancel && !isFinished(await dir.readState(id))) throw error;
    const tasks = workflow.tasks.map((task) => ({ ...task, pool: undefined })); // which may be gone, and nothing needs
    const bare = workflowFromSpec({ ...workflow, tasks }) as Workflow;
    return { workflow: bare, plan: plan(tasks), onFailure };
  }

  #loop(parts: RunContext, baseDir = this.#tools.baseDir.path): RunLoop {
    const tools = { ...this.#tools, baseDir };
    const durations = this.#tools.durations(parts.workflow.name);
    const weights = weightsFrom(durations, parts);
    return new RunLoop(tools, weights === undefined ? parts : { ...parts, weights });
  }
}

/** Tasks without a known duration count as the average of the others. */
function weightsFrom(
  durations: ReadonlyMap<string, number>,
  { plan }: RunContext,
): RunContext['weights'] {
  if (durations.size === 0) return undefined;
  let sum = 0;
  for (const ms of durations.values()) sum += ms;
  const average = sum / durations.size;
  return (index) => durations.get(plan.ids[index] as string) ?? average;
}

function portable(id: string, spec: WorkflowSpec): Workflow {
  const workflow = workflowFromSpec(spec) as Workflow;
  if (!workflow.portable) throw new WorkflowNotRegisteredError(id, spec.name);
  return workflow;
}

/** Refuses another run under a taken id: the id is the caller's word that it is the same request. */
export function assertSame(wanted: NewRun, state: Pick<RunState, 'workflow' | 'input'>): void {
  const { id, parts, input } = wanted;
  if (state.workflow.name !== parts.workflow.name) throw new RunConflictError(id, 'workflow');
  if (canonicalJson(state.input) !== canonicalJson(input)) throw new RunConflictError(id, 'input');
  assertUnchanged(id, state.workflow, parts.workflow.spec);
}

function assertUnchanged(id: string, before: WorkflowSpec, after: WorkflowSpec): void {
  const changed = compareTasks(before, after);
  if (changed.length > 0) throw new DefinitionChangedError(id, changed);
}
