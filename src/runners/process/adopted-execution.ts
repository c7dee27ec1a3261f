import { setTimeout as delay } from 'node:timers/promises';
import type { TaskError } from '../../journal/records/record.js';
import { identify, isAlive, type ProcessIdentity } from '../../platform/process-identity.js';
import { isThere } from '../../platform/regular-file.js';
import { type AttemptFiles, attemptFiles, markStopped } from '../attempt-files.js';
import { type FollowedLogs, followLogs } from '../logs/follow-logs.js';
import { privateAttempt } from '../private/private-attempt.js';
import { withSettled } from '../private/settled.js';
import type { AttemptRef, Execution, Outcome } from '../runner.js';
import { strayHelpersGone } from '../spawner/stray-helpers.js';
import { DIED } from './died.js';
import { handedOffProcess } from './handoff-file.js';
import { killTree } from './kill-tree.js';
import { LOST_RESULT, lostResult } from './lost-result.js';
import type { ProcessEntry } from './process-entry.js';
import { interruptAttempt, sendSignal } from './process-group.js';
import { processTable, seesCookies } from './process-table.js';
import { type ProcessName, processTreeOf } from './process-tree.js';

/** How often an adopted process is looked at, ms: it is nobody's child, so its end is not announced. */
const POLL_MS = 100;

/** Reads the outcome an attempt left in its files; undefined when it left none. Never rejects. */
export type LeftOutcome = (files: AttemptFiles) => Promise<Outcome | undefined>;

/**
 * Takes over an attempt that another process started, see Runner.adopt:
 *
 *   alive? ── yes ──► wait for its end ──► outcome left? ── yes ──► that
 *      └── no ────────────────────────────────►└── no ──► sweep ──► interrupted, with an error if it was alive
 *
 * `wholeStdout`: of so many bytes its stdout is whole when it is asked what is left.
 */
export function adoptProcess(
  attempt: AttemptRef,
  process: ProcessIdentity | undefined,
  left: LeftOutcome,
  wholeStdout = 0,
): Execution {
  // Without a start time it names nothing: it was on record as far as it was known.
  const known = process?.startTime === '' ? undefined : process;
  return new AdoptedExecution(attempt, known, left, wholeStdout);
}

class AdoptedExecution implements Execution {
  readonly spawned: Promise<ProcessIdentity | undefined>;
  readonly outcome: Promise<Outcome>;
  readonly #files: AttemptFiles;
  readonly #cookie: string;
  #family: readonly ProcessName[] = [];
  #death: TaskError = DIED;
  #over = false;
  #stopped = false;
  readonly #detached = new AbortController();

  constructor(
    attempt: AttemptRef,
    process: ProcessIdentity | undefined,
    left: LeftOutcome,
    wholeStdout: number,
  ) {
    this.#files = attemptFiles(attempt.dir);
    this.#cookie = attempt.cookie;
    this.spawned = this.#living(process);
    this.outcome = this.spawned.then(async (found) => {
      const logs = followLogs(attempt, wholeStdout);
      while (found !== undefined && (await isAlive(found))) await this.#pause(logs);
      this.#over = true;
      const wasStopped = this.#stopped || isThere(this.#files.stopped);
      if (wasStopped) await killTree(this.#cookie, this.#family);
      const settled = await privateAttempt(attempt)?.settle();
      const outcome = withSettled(await this.#left(left), settled, wholeStdout > 0);
      // What is told to nobody must not go on.
      if (outcome === undefined) await killTree(this.#cookie, this.#family);
      await logs.finish();
      if (outcome?.status === 'succeeded') return outcome;
      // Of one that an earlier orchestrator told to stop, failure and death may be due to that.
      const isForeignStop = wasStopped && !this.#stopped;
      if (outcome !== undefined) return isForeignStop ? { status: 'interrupted' } : outcome;
      // Nor is it a death that was seen when the result is only not readable: see sealResult.
      const isLost = attempt.secrets?.complete === false;
      return this.#died(process, found !== undefined && !isForeignStop && !isLost);
    });
  }

  async hasEnded(): Promise<boolean> {
    const found = await this.spawned;
    return this.#over || (found !== undefined && !(await isAlive(found)));
  }

  /** The outcome that it left; none when that says only that a signal ended it. */
  async #left(read: LeftOutcome): Promise<Outcome | undefined> {
    const outcome = (await read(this.#files)) ?? (await lostResult(this.#files));
    if (outcome?.status !== 'interrupted') return outcome;
    if (outcome === LOST_RESULT) return outcome;
    this.#death = outcome.error ?? DIED;
    return undefined;
  }

  async #died(known: ProcessIdentity | undefined, wasSeen: boolean): Promise<Outcome> {
    return {
      status: 'interrupted',
      ...(wasSeen ? { error: this.#death } : {}),
      ...((await this.#mayStillBeRunning(known)) ? { mayStillBeRunning: true } : {}),
    };
  }

  stop(how: 'interrupt' | 'kill'): void {
    if (!this.#stopped) markStopped(this.#files);
    this.#stopped = true;
    // One that was started before the attempt is not found by the cookie: it is known by then.
    void this.spawned
      .then(() => this.#look())
      .then((family) => {
        if (how === 'interrupt')
          return interruptAttempt(
            family,
            () => this.#look(),
            () => this.#over || this.#detached.signal.aborted,
          );
        for (const { pid } of family) sendSignal(pid, 'SIGKILL');
        return undefined;
      });
  }

  detach(): void {
    this.#detached.abort();
  }

  /** Until the next look; for good once it is detached. */
  async #pause(logs: FollowedLogs): Promise<void> {
    const { signal } = this.#detached;
    await delay(POLL_MS, undefined, { signal }).catch(() => {
      logs.leave();
      return new Promise(() => {});
    });
  }

  /** The attempt's process if it runs: the one the journal knows, else the one that its folder names, else the oldest with the cookie. */
  async #living(onRecord: ProcessIdentity | undefined): Promise<ProcessIdentity | undefined> {
    const known = onRecord ?? (await handedOffProcess(this.#files));
    if (known !== undefined) return this.#ifAlive(known);
    const found = await this.#oldest();
    if (found !== undefined) return found;
    // It may have been asked for in the very moment its orchestrator died.
    await strayHelpersGone();
    const late = await handedOffProcess(this.#files);
    return late === undefined ? this.#oldest() : this.#ifAlive(late);
  }

  async #ifAlive(known: ProcessIdentity): Promise<ProcessIdentity | undefined> {
    if (!(await isAlive(known))) return undefined;
    this.#family = [known];
    return known;
  }

  async #oldest(): Promise<ProcessIdentity | undefined> {
    const [oldest] = (await this.#look()).toSorted((a, b) => +a.startTime - +b.startTime);
    return oldest === undefined ? undefined : identify(oldest.pid);
  }

  async #look(): Promise<readonly ProcessEntry[]> {
    const family = processTreeOf(await processTable(), this.#cookie, this.#family);
    this.#family = family;
    return family;
  }

  /**
   * Whether something of an attempt without an outcome may run that can't be found: where there are no cookies, its
   * process if that never came to the journal, or what is left of its group.
   */
  async #mayStillBeRunning(known: ProcessIdentity | undefined): Promise<boolean> {
    if (seesCookies()) return false;
    if (known === undefined) return isThere(this.#files.input); // else it was not even prepared
    return (await processTable()).some(({ group }) => group === known.pid);
  }
}
