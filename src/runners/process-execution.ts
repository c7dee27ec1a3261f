import type { ProcessIdentity } from '../world/process-identity.js';
import { identify } from '../world/process-identity.js';
import {
  type AttemptFiles,
  attemptFiles,
  markStopped,
  prepareFiles,
  withStdio,
} from './attempt-files.js';
import { familyOf } from './family.js';
import { type FollowedLogs, followLogs } from './follow-logs.js';
import { type PrivateAttempt, privateAttempt } from './private/private-attempt.js';
import { type ProcessEnd, type StartedProcess, startProcess } from './process.js';
import { interruptFamily, signalGroup } from './process-group.js';
import { type ProcessEntry, processTable } from './process-table.js';
import type { Attempt, AttemptPlace, Execution, Outcome } from './runner.js';
import { spawnFailure } from './spawn-failure.js';
import { sweep } from './sweep.js';

/** What a runner of programs has to say about an attempt; the rest is the same for all. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What the program finds on its standard input. */
  readonly stdin: string;
}

/** Reads how an attempt went from its end and the files it left. Never rejects. */
export type Verdict = (end: ProcessEnd, files: AttemptFiles) => Promise<Outcome>;

/** Starts a program as an attempt. Never throws: what keeps it from starting is the outcome. */
export function executeProcess(attempt: Attempt, program: Program, verdict: Verdict): Execution {
  const hidden = privateAttempt(attempt);
  const started = hidden === undefined ? startOpenly(attempt, program) : hidden.start(program);
  return new ProcessExecution(attempt, program, { started, hidden }, verdict);
}

/** Not by way of a promise: a start costs less so. */
function startOpenly(attempt: Attempt, program: Program): StartedProcess {
  try {
    const files = prepareFiles(attempt.dir, program.stdin);
    return withStdio(files, (stdio) => startProcess({ ...program, stdio }));
  } catch (error) {
    return notStarted(error);
  }
}

function notStarted(error: unknown): StartedProcess {
  const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException;
  const ended = Promise.resolve({ kind: 'notStarted', errno: code, reason: message } as const);
  return { pid: undefined, ended, detach: () => {} };
}

/** A program that was started, or is about to be, and what keeps its secrets. */
interface Begun {
  readonly started: StartedProcess | Promise<StartedProcess>;
  readonly hidden: PrivateAttempt | undefined;
}

/** An execution that was over before it began. */
export function ended(outcome: Outcome): Execution {
  return { spawned: Promise.resolve(undefined), outcome: Promise.resolve(outcome), stop: () => {} };
}

/**
 * An attempt that is a process:
 *
 *   running ──► process ended ──► verdict                      nobody asked it to stop
 *      └─ stop ─► process ended ──► sweep ──► verdict
 *
 * The end of the process that was started decides; descendants that outlive it are swept only when
 * the attempt was stopped, since a task that ends by itself may have started a server on purpose.
 */
class ProcessExecution implements Execution {
  readonly spawned: Promise<ProcessIdentity | undefined>;
  readonly outcome: Promise<Outcome>;
  readonly #cookie: string;
  readonly #files: AttemptFiles;
  readonly #started: Promise<StartedProcess>;
  readonly #hidden: PrivateAttempt | undefined;
  #logs: FollowedLogs | undefined;
  /** Processes of the attempt as last seen: a later look finds them even when they lost their parents. */
  #family: readonly ProcessEntry[] = [];
  #over = false;
  #stopped = false;

  constructor(
    attempt: AttemptPlace,
    program: Program,
    { started, hidden }: Begun,
    verdict: Verdict,
  ) {
    this.#cookie = attempt.cookie;
    this.#files = attemptFiles(attempt.dir);
    this.#hidden = hidden;
    this.#started = Promise.resolve(started).catch(notStarted);
    this.spawned = this.#started.then(({ pid }) => (pid === undefined ? undefined : identify(pid)));
    this.outcome = this.#started.then(async (begun) => {
      const logs = followLogs(attempt);
      this.#logs = logs;
      const end = await begun.ended;
      this.#over = true; // from here on its pid may be another process's
      if (this.#stopped) await sweep(this.#cookie, this.#family);
      await hidden?.settle();
      await logs.finish();
      return end.kind === 'notStarted' ? spawnFailure(end, program) : verdict(end, this.#files);
    });
  }

  stop(how: 'interrupt' | 'kill'): void {
    if (!this.#stopped) markStopped(this.#files);
    this.#stopped = true;
    void this.#started.then(({ pid }) => (pid === undefined ? undefined : this.#signal(pid, how)));
  }

  async detach(): Promise<void> {
    if (!this.#over) this.#logs?.leave();
    this.#hidden?.detach();
    const started = await this.#started;
    started.detach();
  }

  async #signal(leader: number, how: 'interrupt' | 'kill'): Promise<void> {
    // Looked at first: with the group go the parents by whom its descendants are found.
    this.#family = familyOf(await processTable(), this.#cookie, this.#family);
    if (this.#over) return;
    if (how === 'kill') signalGroup(leader, 'SIGKILL');
    else if (this.#family.length === 0) signalGroup(leader, 'SIGINT');
    else await interruptFamily(this.#family, () => this.#over);
  }
}
