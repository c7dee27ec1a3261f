import { Frontier } from '../dag/frontier.js';
import type { TaskSpec } from '../definition/spec.js';
import { RunUnfinishedError } from '../errors.js';
import { RunEvents } from '../events.js';
import type { Journal, JournalListener } from '../journal/journal.js';
import type { CancelReason, JournalRecord, RecordDraft } from '../journal/record.js';
import { reduce } from '../journal/reduce.js';
import { isFinished, type RunState, taskState } from '../journal/state.js';
import type { Execution } from '../runners/runner.js';
import type { ProcessIdentity } from '../world/process-identity.js';
import { type Ended, LiveAttempt } from './attempt.js';
import { AttemptStarter } from './attempt-starter.js';
import { DurableQueue } from './durable-queue.js';
import { endRecord } from './end-record.js';
import type { RunParts, RunTools } from './parts.js';
import { Slots, type Started } from './slots.js';
import { checkOutput } from './task-call.js';
import { Timers } from './timers.js';

/** How the loop stands: `open` starts tasks, `draining` lets them end, `closed` writes no more. */
type Mode = 'open' | 'draining' | 'closed';

/** Adopted attempts take their slots before anything new does. */
const ADOPTED_PRIORITY = Number.MAX_SAFE_INTEGER;

/**
 * The one loop of a run: decide → perform → commit. The only caller of `append`.
 *
 * What is appended moves the frontier at once, so that an end and the starts it releases share one
 * sync; state, events and effects (running code, resolving the result) wait until the record is on disk.
 */
export class RunLoop implements JournalListener {
  readonly events: RunEvents;
  /** Resolves when the run has finished; rejects with JournalWriteError, or RunUnfinishedError when it was closed before. */
  readonly ended: Promise<void>;
  readonly #tools: RunTools;
  readonly #parts: RunParts;
  readonly #frontier: Frontier;
  readonly #starter: AttemptStarter;
  readonly #specs: ReadonlyMap<string, TaskSpec>;
  readonly #attempts = new Map<string, LiveAttempt>();
  readonly #working = new Set<Promise<void>>();
  readonly #timers: Timers;
  readonly #slots: Slots;
  readonly #unsynced = new DurableQueue();
  #journal: Journal | undefined;
  #state: RunState | undefined;
  #mode: Mode = 'open';
  #cancelReason: CancelReason | undefined;
  #resolveEnded: () => void = () => {};
  #rejectEnded: (error: Error) => void = () => {};

  constructor(tools: RunTools, parts: RunParts) {
    this.#tools = tools;
    this.#parts = parts;
    this.#frontier = new Frontier(parts.plan, parts.workflow.spec, parts.onFailure, {
      weights: parts.weights,
    });
    this.#specs = new Map(parts.workflow.spec.tasks.map((task) => [task.id, task]));
    this.events = new RunEvents(() => this.#nowText());
    this.#starter = new AttemptStarter(tools, parts, this.events);
    this.#timers = new Timers(tools.world.clock);
    this.#slots = new Slots(tools.executor, tools.world.clock, this.#slotUser(), this.#mayRepeat());
    this.ended = new Promise((resolve, reject) => {
      this.#resolveEnded = resolve;
      this.#rejectEnded = reject;
    });
    this.ended.catch(() => {}); // whoever looks at the result sees it; nobody looking is no crash
  }

  /** What is on disk, folded. Throws when nothing is there yet. */
  get state(): RunState {
    if (this.#state === undefined) throw new RunUnfinishedError('?');
    return this.#state;
  }

  /** Whether the run's first record is on disk. */
  get accepted(): boolean {
    return this.#state !== undefined;
  }

  get finished(): boolean {
    return this.#state !== undefined && isFinished(this.#state);
  }

  /** Name of the workflow. */
  get workflow(): string {
    return this.#parts.workflow.name;
  }

  /** Where the records are. */
  get journal(): Journal | undefined {
    return this.#journal;
  }

  // --- Beginning ---

  /** Takes a record that was on disk before this process came. */
  replay(record: JournalRecord): void {
    this.#state = reduce(this.#state, record);
    this.#frontier.apply(record);
    if (record.type === 'run.cancelRequested') this.#cancelReason = record.reason;
  }

  /** Takes a finished run's journal, to be looked at. */
  conclude(journal: Journal): void {
    this.#journal = journal;
    this.#stopWriting();
    this.#resolveEnded();
  }

  /**
   * Starts work on an open journal, after `first` (run.started or run.resumed). With `cancel` the
   * run is cancelled before anything of it starts.
   */
  begin(journal: Journal, first: RecordDraft, cancel?: CancelReason): void {
    this.#journal = journal;
    const interrupted = this.#runningTasks();
    this.#commit(first);
    if (cancel !== undefined) this.cancel(cancel);
    for (const { task, attempt, process } of interrupted) this.#takeOver(task, attempt, process);
    for (const { task, retryAt } of this.#frontier.retrying())
      this.#wakeAt(task, Date.parse(retryAt));
    const deadlineAt = first.type === 'run.started' ? first.deadlineAt : this.#state?.deadlineAt;
    if (deadlineAt !== undefined)
      this.#timers.at(DEADLINE, Date.parse(deadlineAt), () => this.cancel('runTimeout'));
    this.#advance();
  }

  #runningTasks(): { task: string; attempt: number; process: ProcessIdentity | undefined }[] {
    const running = [];
    for (const [task, state] of this.#state?.tasks ?? []) {
      if (state.status === 'running')
        running.push({ task, attempt: state.attempts, process: state.process });
    }
    return running;
  }

  // --- Commit: the one place where something becomes so ---

  /** Appends a fact. `settled` is told when it is on disk (true), or will not be (false). */
  #commit(draft: RecordDraft, settled?: (durable: boolean) => void): void {
    if (this.#journal === undefined || this.#mode === 'closed') {
      settled?.(false);
      return;
    }
    try {
      const record = this.#journal.append(draft);
      this.#frontier.apply(record);
      this.#unsynced.push({ record, settled });
    } catch (error) {
      settled?.(false);
      this.failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** From the journal: everything up to `seq` is on disk. */
  durable(seq: number): void {
    for (let next = this.#unsynced.take(seq); next !== undefined; next = this.#unsynced.take(seq)) {
      this.#state = reduce(this.#state, next.record);
      this.events.emit(next.record);
      next.settled?.(true);
    }
  }

  /** From the journal: it can't be written any more. Processes are left to themselves: the next open finds them. */
  failed(error: Error): void {
    this.#stopWriting();
    this.#rejectEnded(error);
  }

  // --- Decide ---

  /** Writes what is settled without running anything, then asks for slots for what can start. */
  #advance(): void {
    for (
      let drafts = this.#frontier.settled();
      drafts.length > 0;
      drafts = this.#frontier.settled()
    ) {
      if (this.#mode === 'closed') return;
      for (const draft of drafts)
        this.#commit(draft, draft.type === 'run.finished' ? this.#finish : undefined);
    }
    if (this.#frontier.shouldTerminate)
      for (const attempt of this.#attempts.values()) attempt.stop('cancel');
    if (this.#mode === 'open') this.#slots.request(this.#frontier.pools());
  }

  #slotUser(): ConstructorParameters<typeof Slots>[2] {
    return {
      ready: (pool) => this.#frontier.ready(pool),
      start: (pool) => this.#start(pool),
      run: (started) => this.#work(() => this.#run(started)),
      giveBack: (started) => this.#giveBack(started),
    };
  }

  /** Whether every task may be tried again after an attempt of which nothing is known. */
  #mayRepeat(): boolean {
    return this.#parts.workflow.spec.tasks.every(
      ({ onInterrupted = 'retry' }) => onInterrupted === 'retry',
    );
  }

  // --- Perform ---

  /** Keeps count of work under way; an error in it is a bug of ours, and stops the run rather than the process. */
  async #work(job: () => Promise<void>): Promise<void> {
    const working = job().catch((error: Error) => this.failed(error));
    this.#working.add(working);
    await working;
    this.#working.delete(working);
  }

  /** Appends the start of the next task of the pool, if one may start. */
  #start(pool: string | undefined): Started | undefined {
    const next = this.#mode === 'open' ? this.#frontier.take(pool) : undefined;
    if (next === undefined) return undefined;
    const appended = this.#now();
    const durable = new Promise<boolean>((settled) =>
      this.#commit({ type: 'task.started', ...next }, (isDurable) => {
        this.#slots.pace.synced(this.#now() - appended);
        settled(isDurable);
      }),
    );
    return { ...next, durable };
  }

  async #run(started: Started): Promise<void> {
    // Durable before spawn: a crash must not hide a started task.
    if (!(await started.durable)) return;
    if (this.#mode !== 'open' || !this.#mayStartMore()) return this.#giveBack(started);
    const { task, attempt } = started;
    const begun = this.#now();
    await this.#follow(task, attempt, this.#starter.start(this.state, this.#spec(task), attempt));
    this.#slots.pace.worked(this.#now() - begun);
  }

  /** Its code did not run: it may start again, or is written off with what waits. */
  #giveBack({ task, attempt }: Started): void {
    this.#commit({ type: 'task.interrupted', task, attempt, next: 'retry' });
    this.#advance();
  }

  /** Takes over an attempt of a process that is gone: waited for if it lives, settled by what it left. */
  #takeOver(task: string, attempt: number, process: ProcessIdentity | undefined): void {
    const spec = this.#spec(task);
    const execution = this.#starter.adopt(this.state, spec, attempt, process);
    const job = (): Promise<void> => this.#work(() => this.#follow(task, attempt, execution));
    const { pool } = spec;
    this.#tools.executor.submit(
      job,
      pool === undefined ? { priority: ADOPTED_PRIORITY } : { priority: ADOPTED_PRIORITY, pool },
    );
  }

  /** From a running attempt to its end on record. */
  async #follow(task: string, attempt: number, execution: Execution): Promise<void> {
    const spec = this.#spec(task);
    const live = new LiveAttempt(
      execution,
      this.#tools.world.clock,
      this.#tools.graceMs,
      spec.timeoutMs,
    );
    this.#attempts.set(task, live);
    if (!this.#mayStartMore() && this.#mustStop()) live.stop('cancel');
    void execution.spawned.then((process) => {
      if (process !== undefined && this.#attempts.get(task) === live)
        this.#spawned(task, attempt, process);
    });
    const { outcome, stopped } = await live.ended;
    const checked = await checkOutput(outcome, this.#parts.workflow.code.tasks.get(task));
    this.#attempts.delete(task);
    this.#end(spec, attempt, { outcome: checked, stopped });
  }

  /** An adopted process is on record already. */
  #spawned(task: string, attempt: number, process: ProcessIdentity): void {
    const known = taskState(this.state, task);
    if (known.status === 'running' && known.process?.pid === process.pid) return;
    this.#commit({ type: 'task.spawned', task, attempt, ...process });
  }

  #end(spec: TaskSpec, attempt: number, ended: Ended): void {
    const { clock, random } = this.#tools.world;
    const before = taskState(this.state, spec.id);
    const draft = endRecord({
      spec,
      attempt,
      ended,
      failures: ('failures' in before ? before.failures : 0) + 1,
      cancelReason: this.#cancelReason ?? 'terminate',
      mayStartMore: this.#mayStartMore(),
      now: clock.now(),
      random: () => random.next(),
    });
    this.#commit(draft);
    if (draft.type === 'task.failed' && !this.#mayStartMore()) this.#slots.giveBackAll();
    if (draft.type === 'task.retryScheduled') this.#wakeAt(spec.id, Date.parse(draft.retryAt));
    this.#advance();
  }

  #mayStartMore(): boolean {
    if (this.#cancelReason !== undefined) return false;
    return this.#parts.onFailure === 'continue' || this.#frontier.counts.failed === 0;
  }

  #mustStop(): boolean {
    return this.#cancelReason !== undefined || this.#frontier.shouldTerminate;
  }

  #wakeAt(task: string, at: number): void {
    this.#timers.at(task, at, () => {
      this.#frontier.due(task);
      this.#advance();
    });
  }

  // --- Ending ---

  /** Asks the run to end; asked again, what still runs is killed at once. */
  cancel(reason: CancelReason, message?: string): void {
    if (this.#mode === 'closed' || (this.#state !== undefined && isFinished(this.#state))) return;
    const first = this.#cancelReason === undefined;
    if (first) {
      this.#cancelReason = reason;
      this.#commit({
        type: 'run.cancelRequested',
        reason,
        ...(message === undefined ? {} : { message }),
      });
      this.#slots.giveBackAll();
    }
    for (const attempt of this.#attempts.values())
      first ? attempt.stop('cancel') : attempt.kill('cancel');
    this.#advance();
  }

  /** Starts nothing more and waits until what runs has ended and is on disk; then closes. The run stays resumable. */
  async drain(): Promise<void> {
    if (this.#mode === 'open') this.#mode = 'draining';
    this.#slots.giveBackAll();
    await Promise.all(this.#working);
    await this.detach();
  }

  /** As {@link drain}, but stops what runs instead of waiting for it; called again, kills it. */
  async stop(): Promise<void> {
    const again = this.#mode === 'draining';
    for (const attempt of this.#attempts.values())
      again ? attempt.kill('shutdown') : attempt.stop('shutdown');
    await this.drain();
  }

  /** Closes the journal at once; processes go on by themselves, and the next open finds them. */
  async detach(): Promise<void> {
    if (this.#mode === 'closed') return;
    this.#slots.giveBackAll();
    await this.#journal?.flush().catch(() => {});
    if (this.#state !== undefined && isFinished(this.#state)) return;
    this.#stopWriting();
    await this.#journal?.close();
    this.#rejectEnded(new RunUnfinishedError(this.#state?.id ?? '?'));
  }

  readonly #finish = (durable: boolean): void => {
    if (!durable) return;
    this.#stopWriting();
    void this.#journal?.close();
    this.#resolveEnded();
  };

  #stopWriting(): void {
    this.#mode = 'closed';
    this.#timers.cancelAll();
    this.#unsynced.abandon();
  }

  #spec(task: string): TaskSpec {
    const spec = this.#specs.get(task);
    if (spec === undefined) throw new Error(`no task ${task}`);
    return spec;
  }

  /** For spans. */
  #now(): number {
    return this.#tools.world.clock.monotonic();
  }

  #nowText(): string {
    return new Date(this.#tools.world.clock.now()).toISOString();
  }
}

/** Key of the run's own timer; no task id is empty. */
const DEADLINE = '';
