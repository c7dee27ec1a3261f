import type { TaskSpec } from '../../definition/spec.js';
import { isNoSpaceError, JournalWriteError, quote } from '../../errors.js';
import type { RunningTask } from '../../journal/records/state.js';
import type { Clock } from '../../platform/clock.js';
import type { ProcessIdentity } from '../../platform/process-identity.js';
import type { Execution, Outcome } from '../../runners/runner.js';
import { Deferred } from '../deferred.js';
import { SlotMap } from '../dispatch/slot-map.js';
import { type Ended, LiveAttempt, type StopReason } from './attempt.js';
import type { KeptOutcome } from './outputs.js';
import { PROBE_TIMEOUT_MS, saysNothing } from './probe-record.js';

/** The run, as its attempts see it. */
export interface AttemptObserver {
  /** The attempt has a process. */
  spawned(task: string, attempt: number, process: ProcessIdentity): void;
  /** The outcome as it can be recorded; at once when nothing has to be waited for. Throws or rejects with JournalWriteError when it can't be. */
  keep(spec: TaskSpec, attempt: number, outcome: Outcome): KeptOutcome | Promise<KeptOutcome>;
  /** Nothing of the attempt is left. */
  ended(spec: TaskSpec, attempt: number, ended: Ended<KeptOutcome>): void;
  /** There is no space to begin an attempt, or to keep what came out of one: nothing more may start. */
  full(error: Error): void;
  /** Whether an attempt of the task goes on without this process, and can be found by the next. */
  outlives(spec: TaskSpec): boolean;
  /** What came out could not be kept, or a bug of ours: stops the run rather than the process. */
  failed(error: Error): void;
}

/** The attempts of a run that are under way in this process. */
export class Attempts {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #observer: AttemptObserver;
  readonly #live = new SlotMap<{ readonly spec: TaskSpec; readonly attempt: LiveAttempt }>();
  /** Pieces of work under way, and who waits until there are none. */
  #working = 0;
  #idle: Deferred | undefined;
  #isDetached = false;

  constructor(clock: Clock, graceMs: number, observer: AttemptObserver) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#observer = observer;
  }

  /** Keeps count of work under way. Never rejects. */
  async work(job: () => Promise<void>): Promise<void> {
    this.#working++;
    try {
      await job();
    } catch (error) {
      const why = error as Error;
      if (isNoSpaceError(why.cause)) this.#observer.full(why);
      else this.#observer.failed(why);
    }
    if (--this.#working > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Resolves when no work is under way. */
  async settled(): Promise<void> {
    if (this.#working === 0) return;
    this.#idle ??= new Deferred();
    await this.#idle.promise;
  }

  /** From the start of an attempt to its end. */
  follow(spec: TaskSpec, attempt: number, execution: Execution): Promise<void> {
    const live = new LiveAttempt(execution, this.#clock, this.#graceMs, spec.timeoutMs);
    return this.#follow(spec, attempt, execution, live);
  }

  /**
   * From an attempt that another process started to its end. If it still runs, the time since its start counts
   * against its timeout, whoever watched. `stopReason`: why it has to stop at once.
   */
  async takeOver(
    spec: TaskSpec,
    { attempts, startedAt, process }: RunningTask,
    execution: Execution,
    stopReason: StopReason | undefined,
  ): Promise<void> {
    const live = new LiveAttempt(execution, this.#clock, this.#graceMs, undefined);
    // Asked before it is known whether it lives: what it left behind has to go as well.
    if (stopReason !== undefined) live.stop(stopReason);
    else void this.#limit(live, spec, execution, startedAt);
    await this.#follow(spec, attempts, execution, live, process);
  }

  /** From a probe's question to its answer; a value is kept as the attempt's own output would be. */
  async ask(
    spec: TaskSpec,
    attempt: number,
    execution: Execution,
    stopReason: StopReason | undefined,
  ): Promise<Ended<KeptOutcome>> {
    const timeoutMs = spec.timeoutMs ?? PROBE_TIMEOUT_MS;
    const live = new LiveAttempt(execution, this.#clock, this.#graceMs, timeoutMs);
    const place = this.#enter(spec, live);
    if (stopReason !== undefined) live.stop(stopReason);
    const { outcome, stopped } = this.#unlessDetached(await live.ended) ?? LET_GO;
    const kept = saysNothing(outcome) ? outcome : await this.#observer.keep(spec, attempt, outcome);
    this.#live.leave(place);
    this.#seeSpace(spec, outcome, stopped);
    return { outcome: kept, stopped };
  }

  /** An attempt that could not begin, though nobody stopped it, would only be tried again, and again. */
  #seeSpace({ id }: TaskSpec, outcome: Outcome, stopped: StopReason | undefined): void {
    if (outcome.status !== 'notBegun' || stopped !== undefined) return;
    const cause = Object.assign(new Error(outcome.error.message), { code: 'ENOSPC' });
    this.#observer.full(new JournalWriteError(`the files of task ${quote(id)}`, cause));
  }

  async #limit(
    live: LiveAttempt,
    { timeoutMs }: TaskSpec,
    execution: Execution,
    startedAt: string,
  ): Promise<void> {
    if (timeoutMs === undefined || (await execution.spawned) === undefined) return;
    const elapsedMs = Math.max(0, this.#clock.now() - Date.parse(startedAt));
    live.limit(Math.max(0, timeoutMs - elapsedMs));
  }

  /** `known`: its process, when that is on record already. */
  async #follow(
    spec: TaskSpec,
    attempt: number,
    execution: Execution,
    live: LiveAttempt,
    known?: ProcessIdentity,
  ): Promise<void> {
    const place = this.#enter(spec, live);
    void execution.spawned?.then((process) => {
      if (process === undefined || process.pid === known?.pid) return;
      if (this.#live.all.some((other) => other.attempt === live))
        this.#observer.spawned(spec.id, attempt, process);
    });
    const ended = this.#unlessDetached(await live.ended);
    if (ended === undefined) return;
    const { outcome, stopped } = ended;
    const keeping = this.#observer.keep(spec, attempt, outcome);
    const kept = keeping instanceof Promise ? await keeping : keeping;
    this.#live.leave(place);
    this.#seeSpace(spec, outcome, stopped);
    this.#observer.ended(spec, attempt, { outcome: kept, stopped });
  }

  /** Looks which have ended though nobody was told yet, as after a stall: those are not stopped any more. */
  async lookForEnds(): Promise<void> {
    await Promise.all(this.#live.all.map(({ attempt }) => attempt.lookForEnd()));
  }

  /** Asks all to stop; after the grace they are killed. */
  stop(reason: StopReason): void {
    for (const { attempt } of this.#live.all) attempt.stop(reason);
  }

  /** No more grace. */
  kill(reason: StopReason): void {
    for (const { attempt } of this.#live.all) attempt.kill(reason);
  }

  /** Lets go of all, also of those to come: they go on by themselves. Resolves when whoever opens the run next finds them. */
  async detach(): Promise<void> {
    this.#isDetached = true;
    await Promise.all(this.#live.all.map((live) => this.#leave(live.spec, live.attempt)));
  }

  /**
   * Resolves, after {@link detach}, when what can't go on without this process has ended, as nobody but us could find it, and
   * nothing is being done about what ended before.
   */
  async gone(): Promise<void> {
    await Promise.all(this.#live.all.map(({ attempt }) => attempt.ended));
    await this.settled();
  }

  #enter(spec: TaskSpec, attempt: LiveAttempt): number {
    if (this.#isDetached) void this.#leave(spec, attempt);
    return this.#live.enter({ spec, attempt });
  }

  async #leave(spec: TaskSpec, attempt: LiveAttempt): Promise<void> {
    await attempt.detach();
    if (this.#observer.outlives(spec)) attempt.release();
  }

  /** What ends after all was let go is for the next to record. */
  #unlessDetached(ended: Ended | undefined): Ended | undefined {
    return this.#isDetached ? undefined : ended;
  }
}

/** How a probe ends that was let go: it is asked again. */
const LET_GO: Ended = { outcome: { status: 'interrupted' }, stopped: 'shutdown' };
