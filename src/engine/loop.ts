import type { TaskSpec } from '../definition/spec.js';
import { RunUnfinishedError } from '../errors.js';
import { RunEvents } from '../events.js';
import type { Journal } from '../journal/journal.js';
import type { CancelReason, JournalRecord, RecordDraft } from '../journal/records/record.js';
import {
  begunTasks,
  type ProbingTask,
  type RunningTask,
  type RunState,
  taskState,
} from '../journal/records/state.js';
import type { Slot } from '../queue/executor.js';
import { Frontier } from '../scheduler/frontier.js';
import type { Ended, StopReason } from './attempt/attempt.js';
import { AttemptStarter } from './attempt/attempt-starter.js';
import { type AttemptObserver, Attempts } from './attempt/attempts.js';
import { unanswered } from './attempt/death.js';
import { type EndFacts, endFacts } from './attempt/end-facts.js';
import { endRecord, mayRepeat } from './attempt/end-record.js';
import type { KeptOutcome } from './attempt/outputs.js';
import { probeRecord } from './attempt/probe-record.js';
import { ProbeStarter } from './attempt/probe-starter.js';
import { Decisions, type DecisionTaker } from './commands/decisions.js';
import { Commits } from './commit/commits.js';
import { SkipPropagation } from './commit/skip-propagation.js';
import { Deferred } from './deferred.js';
import type { PendingStart } from './dispatch/pending-start.js';
import { Slots, type SlotUser } from './dispatch/slots.js';
import { StartRecords } from './dispatch/start-records.js';
import { LookaheadRequests } from './lookahead-requests.js';
import type { CancelRequest, RunContext, RunTools } from './run-context.js';
import { type Deadline, RunTimers, type TimerUser } from './run-timers.js';

/** How the loop stands: `open` starts tasks, `draining` lets them end, `stopping` makes them, `closed` writes no more. */
type Mode = 'open' | 'draining' | 'stopping' | 'closed';

/** The one loop of a run: decide (frontier) → perform (slots, attempts) → commit (commits). */
export class RunLoop {
  readonly events: RunEvents;
  /** Takes facts to the journal, and is told by it. */
  readonly commits: Commits;
  readonly decisions: Decisions;
  /** Resolves when the run has finished; rejects with JournalWriteError, or RunUnfinishedError when it was closed before. */
  readonly ended: Promise<void>;
  readonly #ending = new Deferred();
  readonly #tools: RunTools;
  readonly #parts: RunContext;
  readonly #frontier: Frontier;
  readonly #starter: AttemptStarter;
  readonly #probes: ProbeStarter;
  readonly #attempts: Attempts;
  readonly #timers: RunTimers;
  readonly #slots: Slots;
  readonly #starts: StartRecords;
  readonly #settling: SkipPropagation;
  readonly #expectations: LookaheadRequests;
  #mode: Mode = 'open';
  #wentOn = false;
  #cancelReason: CancelReason | undefined;
  #closing: Promise<void> | undefined;

  constructor(tools: RunTools, parts: RunContext) {
    const { clock } = tools.platform;
    this.ended = this.#ending.promise;
    this.#tools = tools;
    this.#parts = parts;
    this.#frontier = new Frontier(parts.plan, parts.workflow.spec, parts.onFailure, parts);
    this.events = new RunEvents(() => new Date(clock.now()).toISOString(), parts.secrets);
    this.commits = new Commits(this.#frontier, this.events, tools, parts, (error) =>
      this.#failed(error),
    );
    this.decisions = new Decisions(this.#decisionTaker());
    this.#starter = new AttemptStarter(tools, parts, this.events);
    this.#probes = new ProbeStarter(tools, parts, this.events);
    this.#attempts = new Attempts(clock, tools.graceMs, this.#attemptObserver());
    this.#timers = new RunTimers(clock, this.#frontier, this.#timerUser());
    const user = { finished: this.#finish, goOn: () => this.#advance() };
    this.#settling = new SkipPropagation(clock, this.#frontier, this.commits, user);
    const mayStartAhead = mayRepeat(parts.workflow.spec);
    this.#slots = new Slots(tools.executor, clock, this.#slotUser(), mayStartAhead);
    this.#starts = new StartRecords(clock, this.#frontier, this.commits, this.#slots.pace);
    this.#expectations = new LookaheadRequests(tools, parts, this.#frontier);
  }

  /** What is on disk, folded. Throws when nothing is there yet. */
  get state(): RunState {
    return this.commits.state;
  }

  /** Whether the run's first record is on disk. */
  get accepted(): boolean {
    return this.commits.accepted;
  }

  /** Once it takes no more facts: resolves when nothing of it goes on here, and the run can be opened again. */
  get gone(): Promise<void> | undefined {
    return this.#closing?.then(() => this.#attempts.gone()).then(() => this.decisions.gone());
  }

  /** Name of the workflow. */
  get workflow(): string {
    return this.#parts.workflow.name;
  }

  /** Whether only decisions about held tasks can make the run go on. */
  get blocked(): boolean {
    return this.#frontier.blocked && this.commits.synced && !this.#settling.isUnderWay;
  }

  // --- Beginning ---

  /** Takes a record that was on disk before this process came. */
  replay(record: JournalRecord): void {
    this.commits.replay(record);
    if (record.type === 'run.cancelRequested') this.#cancelReason = record.reason;
  }

  /** Takes a finished run's journal, to be looked at. */
  conclude(journal: Journal): void {
    this.commits.open(journal);
    void this.#close();
    this.#ending.resolve();
  }

  /**
   * Starts work on an open journal, after `first` (run.started or run.resumed). With `cancel` the
   * run is cancelled before anything of it starts.
   */
  begin(journal: Journal, first: RecordDraft, cancel?: CancelRequest): void {
    this.commits.open(journal);
    // The turn after it is on disk, so that who resumes a run hears all that it goes on with.
    const goOn = (): void => this.#goOn(this.state);
    this.commits.commit(first, (durable) => durable && this.#tools.platform.clock.soon(goOn));
    if (first.type === 'run.started') this.#goOn({ deadlineAt: first.deadlineAt });
    if (cancel !== undefined) this.cancel(cancel.reason, cancel.message);
  }

  /** Takes up what was begun, then starts what can start. Called again it does nothing. */
  #goOn(deadline: Deadline): void {
    if (this.#wentOn || this.#mode === 'closed') return;
    this.#wentOn = true;
    for (const [task, state] of this.accepted ? begunTasks(this.state) : []) {
      if (state.status === 'running') this.#takeOver(task, state);
      else this.#askAgain(this.#spec(task), state);
    }
    this.#timers.takeUp(deadline);
    this.#advance();
  }

  // --- Decide ---

  /** Writes what is settled without running anything, then asks for slots for what can start. */
  #advance(): void {
    if (this.#mode === 'closed' || !this.#settling.write()) return;
    if (this.#frontier.shouldTerminate) this.#attempts.stop('cancel');
    if (this.#mode === 'open') this.#slots.request(this.#frontier.pools());
    this.#expectations.look();
  }

  #mayStartMore(): boolean {
    if (this.#cancelReason !== undefined) return false;
    return this.#parts.onFailure === 'continue' || this.#frontier.counts.failed === 0;
  }

  /** Why what runs has to stop, when it has to. */
  #stopReason(): StopReason | undefined {
    if (this.#cancelReason !== undefined || this.#frontier.shouldTerminate) return 'cancel';
    return this.#mode === 'stopping' ? 'shutdown' : undefined;
  }

  // --- Perform ---

  #slotUser(): SlotUser {
    const frontier = this.#frontier;
    return {
      ready: (pool) => (this.#mode === 'open' ? frontier.ready(pool) : 0),
      nextRank: (pool) => frontier.nextRank(pool),
      priorityOf: (rank) => frontier.priorityOf(rank),
      start: (pool, isAhead) =>
        this.#mode === 'open' ? this.#starts.append(pool, isAhead) : undefined,
      run: (start, slot) => this.#attempts.work(() => this.#run(start, slot)),
      confirm: (start) => this.#starts.confirm(start),
      revert: (start) => this.#starts.revert(start),
    };
  }

  #attemptObserver(): AttemptObserver {
    return {
      spawned: (task, attempt, process) =>
        this.commits.commit({ type: 'task.spawned', task, attempt, ...process }),
      keep: (spec, attempt, outcome) => this.#starter.keep(this.state.id, spec, attempt, outcome),
      ended: (spec, attempt, ended) => this.#end(spec, attempt, ended),
      full: (error) => this.full(error),
      outlives: (spec) => this.#starter.outlives(spec),
      failed: (error) => this.#failed(error),
    };
  }

  #timerUser(): TimerUser {
    return { due: () => this.#advance(), overdue: () => void this.#overdue() };
  }

  async #overdue(): Promise<void> {
    await this.#attempts.lookForEnds();
    // Cancelling has a grace of its own, which the timeout does not cut short.
    if (this.#cancelReason === undefined) this.cancel('runTimeout');
  }

  #decisionTaker(): DecisionTaker {
    return {
      commits: this.commits,
      frontier: this.#frontier,
      keep: (task, ...end) => this.#starter.keep(this.state.id, this.#spec(task), ...end),
      taken: () => this.#follow(),
      ended: () => this.ended,
    };
  }

  async #run(start: PendingStart, slot: Slot): Promise<void> {
    // Durable before spawn: a crash must not hide a started task.
    if (!(await start.durable)) return;
    if (this.#mode !== 'open' || !this.#mayStartMore()) {
      this.#starts.revert(start);
      return this.#advance();
    }
    const { task, attempt } = start;
    const spec = this.#spec(task);
    const begun = this.#now();
    slot.begins();
    const execution = this.#starter.start(this.state, spec, attempt);
    await this.#attempts.follow(spec, attempt, execution);
    this.#slots.pace.worked(this.#now() - begun);
  }

  /** Takes over an attempt of a process that is gone: waited for if it lives, settled by what it left. */
  #takeOver(task: string, state: RunningTask): void {
    const spec = this.#spec(task);
    const execution = this.#starter.adopt(this.state, spec, state.attempts, state.process);
    const stopReason = this.#stopReason();
    this.#atOnce(spec, () => this.#attempts.takeOver(spec, state, execution, stopReason));
  }

  /** Asks whether an attempt that ended without an outcome did its work, before anything of its task may start again. */
  #probe(spec: TaskSpec, attempt: number): void {
    if (this.#mode !== 'open') return; // the next resume asks
    this.#atOnce(spec, async () => {
      const execution = this.#probes.start(this.state, spec, attempt);
      const ended = await this.#attempts.ask(spec, attempt, execution, this.#stopReason());
      this.#settle(spec, attempt, probeRecord(this.#facts(spec, attempt, ended)));
    });
  }

  /** Asks a probe that an earlier orchestrator did not get an answer of. */
  #askAgain(spec: TaskSpec, state: ProbingTask): void {
    const givenUp = unanswered(spec, state);
    if (givenUp === undefined) this.#probe(spec, state.attempts);
    else this.#settle(spec, state.attempts, givenUp);
  }

  /** What was begun before is at work whether or not there is a slot for it, and takes the first one that is free. */
  #atOnce({ pool }: TaskSpec, work: () => Promise<void>): void {
    const working = this.#attempts.work(work);
    this.#slots.first(pool, () => working);
  }

  #end(spec: TaskSpec, attempt: number, ended: Ended<KeptOutcome>): void {
    this.#settle(spec, attempt, endRecord(this.#facts(spec, attempt, ended)));
  }

  #facts(spec: TaskSpec, attempt: number, ended: Ended<KeptOutcome>): EndFacts {
    const mayStartMore = this.#mayStartMore();
    const cancelReason = this.#cancelReason ?? 'terminate';
    const facts = { spec, attempt, ended, cancelReason, mayStartMore };
    return endFacts(this.#tools.platform, taskState(this.state, spec.id), facts);
  }

  /** Puts on record what became of an attempt, and does what follows. */
  #settle(spec: TaskSpec, attempt: number, draft: RecordDraft | undefined): void {
    if (draft === undefined) return;
    // Asked only when it is on disk that nothing of the attempt is left: see ProbeStarter.
    const asks = draft.type === 'task.interrupted' && draft.next === 'probe';
    const ask = (durable: boolean) => durable && this.#probe(spec, attempt);
    this.commits.commit(draft, asks ? ask : undefined);
    if (draft.type === 'task.retryScheduled') this.#timers.retry(spec.id, draft.retryAt);
    if (draft.type === 'task.failed') this.#follow();
    else this.#advance();
  }

  /** After something that may have been a failure, and so the end of starting. */
  #follow(): void {
    if (!this.#mayStartMore()) this.#slots.release();
    this.#advance();
  }

  // --- Ending ---

  /** Asks the run to end; asked again, what still runs is killed at once. */
  cancel(reason: CancelReason, message?: string): void {
    if (this.#mode === 'closed' || this.commits.ended) return;
    if (this.#cancelReason !== undefined) this.#attempts.kill('cancel');
    else {
      this.#cancelReason = reason;
      const why = typeof message === 'string' ? { message } : {}; // an event handler may pass its event
      this.commits.commit({ type: 'run.cancelRequested', reason, ...why });
      this.#slots.release();
      this.#attempts.stop('cancel');
    }
    this.#advance();
  }

  /** As {@link drain}, because the disk is full: the run ends with this error. What it has not taken up by then it leaves. */
  full(error: Error): void {
    if (this.#mode === 'open') void this.drain(error);
  }

  /** Starts nothing more and waits until what runs has ended and is on disk; then closes. The run stays resumable. */
  async drain(why?: Error): Promise<void> {
    if (this.#mode === 'open') this.#mode = 'draining';
    if (this.accepted && why === undefined) this.#goOn(this.state);
    this.#slots.release();
    const over = this.ended.catch(() => {}); // a stricter call may not wait
    await Promise.race([this.#attempts.settled(), over]);
    await this.#settling.over();
    await this.detach(why);
  }

  /** As {@link drain}, but stops what runs instead of waiting for it; called again, kills it. */
  async stop(): Promise<void> {
    if (this.#mode === 'stopping') this.#attempts.kill('shutdown');
    else this.#attempts.stop('shutdown');
    if (this.#mode !== 'closed') this.#mode = 'stopping';
    await this.drain();
  }

  /** Closes the journal at once; processes go on by themselves, and the next open finds them. */
  async detach(why?: Error): Promise<void> {
    if (this.#mode === 'open') this.#mode = 'draining';
    this.#slots.release();
    // Looked at right before it closes: what is appended after the look would get to the disk, and nobody be told.
    while (!this.commits.isFlushed) await this.commits.flush();
    await this.#close();
    this.#ending.reject(why ?? new RunUnfinishedError(this.accepted ? this.state.id : '?'));
  }

  readonly #finish = (durable: boolean): void => {
    if (!durable) return;
    void this.#close();
    this.#ending.resolve();
  };

  /** Nothing can be written any more. Processes are left to themselves: the next open finds them. */
  #failed(error: Error): void {
    void this.#close();
    this.#ending.reject(error);
  }

  #close(): Promise<void> {
    this.#mode = 'closed';
    this.#timers.cancelAll();
    this.#slots.end();
    this.#expectations.end();
    this.commits.close();
    const closed = this.commits.journal?.close().catch(() => {}); // all that counts was synced before
    this.#closing ??= this.#attempts.detach().then(() => closed);
    return this.#closing;
  }

  #spec(task: string): TaskSpec {
    const { plan, workflow } = this.#parts;
    const spec = workflow.spec.tasks[plan.index.get(task) ?? -1];
    if (spec === undefined) throw new Error(`no task ${task}`);
    return spec;
  }

  /** For spans. */
  #now(): number {
    return this.#tools.platform.clock.monotonic();
  }
}
