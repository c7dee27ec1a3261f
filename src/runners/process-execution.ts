import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessIdentity } from '../world/process-identity.js';
import { identify, isAlive } from '../world/process-identity.js';
import { type AttemptFiles, attemptFiles, prepareFiles, withStdio } from './attempt-files.js';
import { LogTail } from './log-tail.js';
import { type ProcessEnd, type StartedProcess, startProcess } from './process.js';
import { sendSignal, signalGroup } from './process-group.js';
import type { Attempt, AttemptPlace, Execution, Outcome } from './runner.js';
import { spawnFailure } from './spawn-failure.js';
import { findByCookie, groupOf, sweep } from './sweep.js';

/** What a runner of programs has to say about an attempt; the rest is the same for all. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What the program finds on its standard input. */
  readonly stdin: string;
}

/** Reads how an attempt went from its end and the files it left. */
export type Verdict = (end: ProcessEnd, files: AttemptFiles) => Outcome;

/** Starts a program as an attempt. Never throws: what keeps it from starting is the outcome. */
export function executeProcess(attempt: Attempt, program: Program, verdict: Verdict): Execution {
  try {
    const files = prepareFiles(attempt.dir, program.stdin);
    const started = withStdio(files, (stdio) => startProcess({ ...program, stdio }));
    return new ProcessExecution(attempt, program, started, files, verdict);
  } catch (error) {
    const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException;
    return ended(spawnFailure({ kind: 'notStarted', errno: code, reason: message }, program));
  }
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
  readonly #pid: number | undefined;
  #over = false;
  #stopped = false;

  constructor(
    attempt: AttemptPlace,
    program: Program,
    started: StartedProcess,
    files: AttemptFiles,
    verdict: Verdict,
  ) {
    this.#cookie = attempt.cookie;
    this.#pid = started.pid;
    this.spawned = started.pid === undefined ? Promise.resolve(undefined) : identify(started.pid);
    const stopTails = followLogs(attempt, files);
    this.outcome = started.ended.then(async (end) => {
      this.#over = true; // from here on its pid may be another process's
      if (this.#stopped) await sweep(this.#cookie);
      stopTails();
      return end.kind === 'notStarted' ? spawnFailure(end, program) : verdict(end, files);
    });
  }

  stop(how: 'interrupt' | 'kill'): void {
    this.#stopped = true;
    if (this.#over || this.#pid === undefined) return;
    if (how === 'kill') signalGroup(this.#pid, 'SIGKILL');
    else interrupt(this.#pid, this.#cookie);
  }
}

/** SIGINT once to each process of the attempt: its group, and those that left it. */
function interrupt(leader: number, cookie: string): void {
  const strays = findByCookie(cookie).filter((pid) => groupOf(pid) !== leader);
  signalGroup(leader, 'SIGINT');
  for (const pid of strays) sendSignal(pid, 'SIGINT');
}

function followLogs(attempt: AttemptPlace, files: AttemptFiles): () => void {
  const tails = (['stdout', 'stderr'] as const).map((stream) =>
    LogTail.follow(files[stream], (text) => attempt.output({ stream, text })),
  );
  return () => {
    for (const tail of tails) tail?.finish();
  };
}

/** How often an adopted process is looked at, ms: it is nobody's child, so its end is not announced. */
const ADOPTED_POLL_MS = 100;

/** Reads the outcome an attempt left in its files; undefined when it left none. */
export type LeftOutcome = (files: AttemptFiles) => Outcome | undefined;

/** Takes over an attempt that another process started, see Runner.adopt. */
export function adoptProcess(
  attempt: AttemptPlace,
  process: ProcessIdentity | undefined,
  left: LeftOutcome,
): Execution {
  const files = attemptFiles(attempt.dir);
  let stopped = false;
  const alive = async (): Promise<boolean> => process !== undefined && (await isAlive(process));
  const outcome = async (): Promise<Outcome> => {
    const stopTails = followLogs(attempt, files);
    while (await alive()) await delay(ADOPTED_POLL_MS);
    const found = left(files);
    // A process that nobody is told of any more, or that was stopped, must not go on.
    if (stopped || found === undefined) await sweep(attempt.cookie);
    stopTails();
    return found ?? { status: 'interrupted' };
  };
  return {
    spawned: alive().then((yes) => (yes ? process : undefined)),
    outcome: outcome(),
    stop: (how) => {
      stopped = true;
      const signal = how === 'kill' ? 'SIGKILL' : 'SIGINT';
      for (const pid of findByCookie(attempt.cookie)) sendSignal(pid, signal);
    },
  };
}
