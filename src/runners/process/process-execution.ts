import { isAlive, type ProcessIdentity } from '../../platform/process-identity.js';
import { type AttemptFiles, attemptFiles, markStopped } from '../attempt-files.js';
import { type FollowedLogs, followLogs } from '../logs/follow-logs.js';
import { type PrivateAttempt, privateAttempt } from '../private/private-attempt.js';
import { withSettled } from '../private/settled.js';
import type { Attempt, AttemptRef, Execution, Outcome } from '../runner.js';
import { DIED } from './died.js';
import { killTree } from './kill-tree.js';
import type { ProcessEnd } from './process.js';
import type { ProcessEntry } from './process-entry.js';
import { interruptAttempt, signalGroup } from './process-group.js';
import type { ProcessStarter, Program, Starting } from './process-starter.js';
import { processTable, seesCookies } from './process-table.js';
import { type ProcessName, processTreeOf } from './process-tree.js';
import { spawnFailure } from './spawn-failure.js';

/** Reads how an attempt went from its end and the files it left. Never rejects. */
export type Verdict = (end: ProcessEnd, files: AttemptFiles) => Promise<Outcome>;

/**
 * Starts a program as an attempt. Never throws: what keeps it from starting is the outcome. `wholeStdout`: of so many bytes its
 * stdout is whole when the verdict is asked for.
 */
export function executeProcess(
  starter: Pick<ProcessStarter, 'start'>,
  attempt: Attempt,
  program: Program,
  verdict: Verdict,
  wholeStdout = 0,
): Execution {
  const hidden = privateAttempt(attempt);
  const starting = hidden?.start(program) ?? starter.start(attempt.dir, program);
  return new ProcessExecution(attempt, program, { starting, hidden }, { verdict, wholeStdout });
}

/** A program that was started, or is about to be, and what keeps its secrets. */
interface Begun {
  readonly starting: Starting;
  readonly hidden: PrivateAttempt | undefined;
}

interface Judge {
  readonly verdict: Verdict;
  readonly wholeStdout: number;
}

/** An execution that was over before it began. */
export function ended(outcome: Outcome): Execution {
  return { spawned: Promise.resolve(undefined), outcome: Promise.resolve(outcome), stop: () => {} };
}

/**
 * An attempt that is a process:
 *
 *   running ──► process ended ──► verdict                      nobody asked it to stop
 *      ├─ stop ─► process ended ──► sweep ──► verdict
 *      └─ killed by a signal, or nobody saw how it ended ──► outcome left, or: sweep ──► interrupted
 *
 * The end of the process that was started decides; descendants that outlive it are swept only when
 * the attempt was stopped, since a task that ends by itself may have started a server on purpose.
 */
class ProcessExecution implements Execution {
  readonly spawned: Promise<ProcessIdentity | undefined>;
  readonly outcome: Promise<Outcome>;
  readonly #attempt: AttemptRef;
  readonly #program: Program;
  readonly #files: AttemptFiles;
  readonly #judge: Judge;
  readonly #starting: Starting;
  readonly #hidden: PrivateAttempt | undefined;
  /** Its process, once it runs. */
  #leader: ProcessIdentity | undefined;
  #logs: FollowedLogs | undefined;
  /** Processes of the attempt as last seen: a later look finds them even when they lost their parents. */
  #family: readonly ProcessName[] = [];
  #over = false;
  #isDetached = false;
  #stopped = false;
  /** Whether word of that was left. */
  #isMarked = false;

  constructor(attempt: AttemptRef, program: Program, { starting, hidden }: Begun, judge: Judge) {
    this.#attempt = attempt;
    this.#program = program;
    this.#files = attemptFiles(attempt.dir);
    this.#judge = judge;
    this.#starting = starting;
    this.#hidden = hidden;
    this.spawned = starting.spawned;
    this.outcome = this.#follow();
  }

  async #follow(): Promise<Outcome> {
    this.#leader = await this.spawned; // now the files are there
    const logs = followLogs(this.#attempt, this.#judge.wholeStdout);
    this.#logs = logs;
    const end = await this.#starting.ended;
    this.#over = true; // from here on its pid may be another process's
    if (this.#stopped) await this.#killTree();
    const settled = await this.#hidden?.settle();
    const judged = await this.#outcomeOf(end);
    const outcome = withSettled(judged, settled, this.#judge.wholeStdout > 0);
    await logs.finish(); // after the verdict, which may need all of them
    return outcome;
  }

  async hasEnded(): Promise<boolean> {
    return this.#over || (this.#leader !== undefined && !(await isAlive(this.#leader)));
  }

  async #outcomeOf(end: ProcessEnd): Promise<Outcome> {
    if (end.kind === 'notStarted') return spawnFailure(end, this.#program);
    const outcome = await this.#judge.verdict(end, this.#files);
    if (outcome.status !== 'interrupted' || this.#isDetached) return outcome;
    // What is told to nobody must not go on. Where there are no cookies, its group is all that is known of it.
    if (this.#leader !== undefined && !seesCookies()) signalGroup(this.#leader.pid, 'SIGKILL');
    await this.#killTree();
    return this.#leader === undefined ? outcome : { error: DIED, ...outcome };
  }

  stop(how: 'interrupt' | 'kill'): void {
    this.#stopped = true;
    void this.spawned.then((leader) => leader && this.#stop(leader, how));
  }

  async detach(): Promise<void> {
    this.#isDetached = true;
    if (!this.#over) this.#logs?.leave();
    this.#hidden?.detach();
    await this.spawned;
    this.#starting.detach();
  }

  #stop(leader: ProcessIdentity, how: 'interrupt' | 'kill'): void {
    if (!this.#isMarked) markStopped(this.#files);
    this.#isMarked = true;
    void this.#signal(leader, how);
  }

  async #signal(leader: ProcessIdentity, how: 'interrupt' | 'kill'): Promise<void> {
    // Looked at first: with the group go the parents by whom its descendants are found.
    const table = await processTable();
    const family = this.#seen(leader, table);
    if (this.#over || isGone(leader, table)) return;
    if (how === 'kill') signalGroup(leader.pid, 'SIGKILL');
    else if (family.length === 0) signalGroup(leader.pid, 'SIGINT');
    else
      await interruptAttempt(
        family,
        async () => this.#seen(leader, await processTable()),
        () => this.#over || this.#isDetached,
      );
  }

  #seen(leader: ProcessIdentity, table: readonly ProcessEntry[]): readonly ProcessEntry[] {
    const family = processTreeOf(table, this.#attempt.cookie, [leader, ...this.#family]);
    this.#family = family;
    return family;
  }

  #killTree(): Promise<void> {
    return killTree(this.#attempt.cookie, this.#family);
  }
}

/** Whether a process has ended, so that its pid may be another's; not where there is no table to tell. */
function isGone({ pid, startTime }: ProcessIdentity, table: readonly ProcessEntry[]): boolean {
  if (table.length === 0) return false;
  return !table.some((entry) => entry.pid === pid && entry.startTime === startTime);
}
