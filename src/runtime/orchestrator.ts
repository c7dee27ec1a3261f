import type { JsonValue } from '../definition/json.js';
import type { Workflow } from '../definition/workflow.js';
import { taskOutput } from '../engine/attempt/outputs.js';
import { cancelOn } from '../engine/commands/cancel-on.js';
import { type CloseMode, closeLoop } from '../engine/commands/close-mode.js';
import { assertDecidable, type DecideOptions } from '../engine/commands/decision.js';
import { assertMessage } from '../engine/commit/recordable.js';
import type { RunLoop } from '../engine/loop.js';
import { quietly } from '../engine/quietly.js';
import { JournalWriteError, OrchestratorClosedError } from '../errors.js';
import type { Unsubscribe } from '../events.js';
import type { RunIndex } from '../journal/catalog/run-index.js';
import type { DataDir } from '../journal/data-dir/data-dir.js';
import { inPlaceAssertion } from '../journal/data-dir/lock-data-dir.js';
import { OutputFiles } from '../journal/outputs/output-files.js';
import type { Decision } from '../journal/records/record.js';
import { type RunSummary, summary } from '../journal/records/summary.js';
import type { HeldLock } from '../platform/lock-attempt.js';
import type { Executor } from '../queue/executor.js';
import { type StandbyCounts, standbysOf } from '../runners/index.js';
import type { Runner } from '../runners/runner.js';
import { handleClosing } from './handled-closing.js';
import { KeyedQueue } from './keyed-queue.js';
import { LiveRuns } from './live-runs.js';
import { openParts } from './open-parts.js';
import { acceptStart, type StartAcceptance } from './orchestrator-accept.js';
import { assertResumeOptions, assertStart } from './orchestrator-check.js';
import type {
  OrchestratorOptions,
  Resumed,
  ResumeOptions,
  Settings,
  StartOptions,
} from './orchestrator-options.js';
import type { OrchestratorParts } from './orchestrator-parts.js';
import { PreparedRunners } from './prepared-runners.js';
import { Run } from './run.js';
import {
  assertSame,
  type NewRun,
  type ReopenOptions,
  RunLoader,
  reopenOptions,
} from './run-loader.js';
import { type RunSnapshot, snapshot } from './snapshot.js';
import { SpaceWatch } from './space-watch.js';
import { type StoppedListener, type StoppedRun, StoppedRuns } from './stopped-runs.js';

/**
 * Runs workflows durably out of one data directory.
 *
 *   await using orchestrator = await Orchestrator.open({ dataDir: '.nuflow' });
 *   const run = await orchestrator.start(workflow, { id: 'create-wuji', input });
 *   const { status, outputs } = await run.result;
 */
export class Orchestrator {
  readonly #settings: Settings;
  readonly #dir: DataDir;
  readonly #lock: HeldLock;
  readonly #index: RunIndex;
  readonly #executor: Executor;
  readonly #runners: ReadonlyMap<string, Runner>;
  readonly #loader: RunLoader;
  readonly #outputs: OutputFiles;
  readonly #prepared: PreparedRunners;
  readonly #stopped: StoppedRuns;
  readonly #space: SpaceWatch;
  readonly #live = new LiveRuns();
  readonly #openings: KeyedQueue<Run>;
  #closed = false;
  #released: Promise<void> | undefined;

  private constructor(parts: OrchestratorParts) {
    this.#settings = parts.settings;
    this.#dir = parts.dir;
    this.#lock = parts.lock;
    this.#index = parts.index;
    this.#executor = parts.executor;
    this.#runners = parts.runners;
    this.#prepared = new PreparedRunners(parts.runners);
    const { platform, baseDir, graceMs, maxLogBytes, workflows, secrets } = parts.settings;
    this.#stopped = new StoppedRuns(platform.clock);
    this.#space = new SpaceWatch(platform.clock, parts.reserve, () => this.#live.any);
    this.#openings = new KeyedQueue(platform.clock);
    const assertInPlace = inPlaceAssertion(parts.dir, parts.lock);
    this.#outputs = new OutputFiles(platform.fileSystem, parts.dir, parts.reserve, assertInPlace);
    parts.reserve.onFreed = (cause) =>
      this.#live.full((id) => new JournalWriteError(parts.dir.journalPath(id), cause));
    this.#loader = new RunLoader({
      platform,
      baseDir,
      graceMs,
      maxLogBytes,
      workflows,
      secrets,
      dir: parts.dir,
      executor: parts.executor,
      runners: parts.runners,
      outputs: this.#outputs,
      reserve: parts.reserve,
      assertInPlace,
      attemptDir: (run, index, task, attempt) => parts.dir.attemptDir(run, index, task, attempt),
      durations: (workflow) => parts.index.durations(workflow),
      prepare: (spec, baseDir) => this.#prepared.prepare(spec, baseDir),
    });
  }

  /**
   * Opens a data directory, making it if needed, and holds its lock. Nothing is resumed by itself:
   * call {@link resumeAll}. Throws InvalidOptionError, DataDirLockedError, DataDirError, JournalReadError, and
   * InstallationError when programs that nuflow starts are not beside it (it was bundled into another file).
   */
  static async open(options: OrchestratorOptions = {}): Promise<Orchestrator> {
    return new Orchestrator(await openParts(options));
  }

  /**
   * Starts a run; resolves when it is durably accepted: from then on no crash loses it. The same id
   * again attaches to the run that is there (resuming it if need be).
   *
   * Throws, before anything started: what is wrong with the definition (CycleError, UnknownRunnerError, …)
   * or the input (InvalidInputError, NotJsonError), RunConflictError, BaseDirError, NushellNotFoundError,
   * NushellNotStartedError, SecretMissingError, InvalidSecretError, DiskFullError.
   */
  async start<Input, Outputs>(
    workflow: Workflow<Input, Outputs>,
    options: StartOptions<Input> = {},
  ): Promise<Run<Outputs>> {
    this.#assertOpen();
    assertStart(workflow, options);
    options.signal?.throwIfAborted();
    const wanted = await acceptStart(this.#acceptance, workflow as Workflow, options);
    const run = await this.#once(wanted.id, () => this.#attachOrCreate(wanted));
    this.#cancelWith(options.signal, wanted.id);
    return run as Run<Outputs>;
  }

  /**
   * Goes on with an unfinished run: what finished is not run again, what ran is settled by
   * `onInterrupted`, what waited goes on. A finished run is opened to be looked at.
   *
   * Throws, the run as it was: RunNotFoundError, DefinitionChangedError, WorkflowNotRegisteredError,
   * BaseDirError, SecretMissingError, JournalDamagedError.
   */
  async resume(id: string, options: ResumeOptions = {}): Promise<Run> {
    this.#assertOpen();
    assertResumeOptions(options);
    const { workflow, secrets } = options;
    const how = { workflow: workflow as Workflow | undefined, secrets };
    return this.#once(id, () => this.#reopen(id, how));
  }

  /**
   * Resumes every unfinished run that can be; one that can't be is reported and hinders no other. Nothing
   * new starts until all are open: what still runs of any of them has its slot first.
   */
  async resumeAll(): Promise<Resumed> {
    this.#assertOpen();
    const release = this.#executor.hold();
    try {
      return await this.#resumeAll();
    } finally {
      this.#settings.platform.clock.soon(release); // after the last of them has taken up what runs
    }
  }

  async #resumeAll(): Promise<Resumed> {
    const runs: Run[] = [];
    const refused: { id: string; error: Error }[] = [];
    // These have ended, and are read again at each opening until they are opened for once.
    for (const id of this.#index.unproven()) await this.resume(id).catch(() => {});
    for (const { id } of this.#index.unfinished()) {
      await this.resume(id).then(
        (run) => runs.push(run),
        (error: Error) => {
          refused.push({ id, error });
          this.#stop(id, {}, error);
        },
      );
    }
    return { runs, refused };
  }

  /** The run, when this process works on it (and it is durably accepted). */
  get(id: string): Run | undefined {
    return this.#live.get(id)?.run;
  }

  /** Cancels a run, also one nobody works on; resolves when it has ended. No error when it had ended before. */
  async cancel(id: string, message?: string): Promise<void> {
    this.#assertOpen();
    assertMessage(message);
    const request = { reason: 'requested', message } as const;
    const run = this.get(id) ?? (await this.#once(id, () => this.#reopen(id, { cancel: request })));
    if (run.snapshot().status === 'running') await run.cancel(message);
    else await run.ended;
  }

  /**
   * Says what becomes of a held task, one whose attempt ended without an outcome (`onInterrupted: 'hold'`):
   * `rerun` it, or count it as `done` (with `output`) or as failed (`fail`). A run nobody works on goes on.
   * Resolves when the decision is on disk. Throws what {@link Run.decide} and {@link resume} throw.
   */
  async decide(
    id: string,
    task: string,
    decision: Decision,
    options: DecideOptions = {},
  ): Promise<void> {
    this.#assertOpen();
    // Looked at first: a decision that is refused must not make a run go on.
    if (this.get(id) === undefined)
      assertDecidable(await this.#dir.readState(id), { task, decision, ...options });
    const run = await this.#once(id, () => this.#reopen(id, {}));
    await run.decide(task, decision, options);
  }

  /** All runs of the data directory, latest first. */
  async list(): Promise<readonly RunSummary[]> {
    return this.#index.list(this.#live.accepted.map(({ loop }) => summary(loop.state)));
  }

  /** A run as it stands, whoever works on it. Throws RunNotFoundError. */
  async inspect(id: string): Promise<RunSnapshot> {
    return this.get(id)?.snapshot() ?? snapshot(await this.#dir.readState(id));
  }

  /** Output of a task of any run; undefined while it has none. Throws RunNotFoundError, TaskNotFoundError, OutputFileError. */
  async output(id: string, task: string): Promise<JsonValue | undefined> {
    const state = this.#live.get(id)?.loop.state ?? (await this.#dir.readState(id));
    return taskOutput(state, task, this.#outputs);
  }

  /**
   * Unfinished runs that nobody works on because of an error: a write that failed, a full disk, or what
   * {@link resumeAll} was refused. The first that stopped comes first; one that goes on is left out. What stopped
   * for want of space goes on by itself, some seconds after there is enough for the reserve and as much again.
   */
  stopped(): readonly StoppedRun[] {
    return this.#stopped.all;
  }

  /** Calls `listener` for each run that stops because of an error from now on; returns the way to end that. */
  onStopped(listener: StoppedListener): Unsubscribe {
    return this.#stopped.listen(listener);
  }

  /**
   * Resolves when the data directory takes new runs; rejects with what they would be refused with:
   * OrchestratorClosedError, DiskFullError, JournalWriteError, or DataDirMovedError (`NUFLOW_DATA_DIR_MOVED`).
   */
  async ready(): Promise<void> {
    this.#assertOpen();
    await this.#loader.assertReady();
  }

  /** What became of Nushell processes that were started before their tasks, since this was opened. */
  get standbys(): StandbyCounts {
    return standbysOf(this.#runners.get('nu'));
  }

  /**
   * Stops work (see {@link CloseMode}; default `drain`), then frees the data directory. May be called
   * again while it waits, with a stricter mode.
   */
  async close(options: { readonly mode?: CloseMode } = {}): Promise<void> {
    this.#closed = true;
    this.#space.close();
    await this.#openings.settled();
    await Promise.all(this.#live.all.map(({ loop }) => closeLoop(loop, options.mode ?? 'drain')));
    this.#released ??= this.#release();
    await this.#released;
  }

  /** {@link close} with `drain`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A runner that can't be closed must not keep the data directory locked: what it holds ends with the process. */
  async #release(): Promise<void> {
    for (const runner of this.#runners.values()) await quietly(() => runner.close?.());
    await this.#outputs.close();
    await quietly(() => this.#index.close());
    await this.#lock.release();
  }

  get #acceptance(): StartAcceptance {
    const [dir, runners, executor] = [this.#dir, this.#runners, this.#executor];
    return { ...this.#settings, dir, runners, executor, prepared: this.#prepared };
  }

  #assertOpen(): void {
    if (this.#closed) throw new OrchestratorClosedError();
  }

  async #attachOrCreate(wanted: NewRun): Promise<Run> {
    const there = wanted.isNew ? undefined : await this.#attach(wanted);
    return (
      there ??
      this.#entered((enter) => this.#loader.create(wanted, enter), wanted.id, reopenOptions(wanted))
    );
  }

  /** The run that was asked for, when it is there. */
  async #attach(wanted: NewRun): Promise<Run | undefined> {
    const live = await this.#live.settled(wanted.id);
    if (live !== undefined) {
      assertSame(wanted, live.loop.state);
      return live.run;
    }
    if (!(await this.#loader.matches(wanted))) return undefined;
    return this.#reopen(wanted.id, reopenOptions(wanted));
  }

  async #reopen(id: string, how: ReopenOptions): Promise<Run> {
    const live = await this.#live.settled(id);
    return live?.run ?? this.#entered((enter) => this.#loader.reopen(id, how, enter), id, how);
  }

  /** Opens a loop and keeps it among the live ones until it ends. */
  async #entered(
    open: (enter: (loop: RunLoop) => void) => Promise<void>,
    id: string,
    how: ReopenOptions,
  ): Promise<Run> {
    let entered: Run | undefined;
    const enter = (loop: RunLoop): void => {
      const run = new Run(id, loop, this.#outputs, this.#estimate(loop));
      entered = run;
      const { events } = loop; // not the whole loop: it may have ended by then
      this.#openings.whenIdle(() => events.openEnded());
      this.#live.enter(id, { loop, run }, (error) => {
        if (!loop.accepted) return;
        this.#index.put(loop.state);
        if (error !== undefined) this.#stop(id, how, error);
      });
    };
    await this.#openings.inSlot(() => open(enter));
    this.#stopped.forget(id);
    this.#space.entered(id);
    return entered as unknown as Run;
  }

  #estimate(loop: RunLoop): { durationMs: (task: string) => number | undefined; slots: number } {
    const durations = this.#index.durations(loop.workflow);
    return { durationMs: (task) => durations.get(task), slots: this.#settings.concurrency };
  }

  /** Lists a run that stopped. One that did for want of space goes on as it was opened when there is some. */
  #stop(id: string, how: ReopenOptions, error: Error): void {
    this.#stopped.add(id, error);
    this.#space.add(id, error, () =>
      this.#once(id, () => this.#reopen(id, how)).then(
        () => this.#cancelWith(how.signal, id),
        (reason: Error) => this.#stop(id, how, reason),
      ),
    );
  }

  #cancelWith(signal: AbortSignal | undefined, id: string): void {
    const loop = this.#live.get(id)?.loop; // undefined when it has ended
    if (signal !== undefined && loop !== undefined) cancelOn(signal, loop);
  }

  async #once(id: string, open: () => Promise<Run>): Promise<Run> {
    this.#assertOpen(); // it may have been closed while the caller waited; once noted here, close waits for it
    return this.#openings.next(id, open);
  }
}

handleClosing(Orchestrator.prototype, ['start', 'resume', 'resumeAll', 'cancel', 'decide']);
