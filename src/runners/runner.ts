import type { JsonValue } from '../definition/json.js';
import type { TaskError } from '../journal/records/record.js';
import type { ProcessIdentity } from '../platform/process-identity.js';
import type { Redactor } from '../secrets/redactor.js';

/**
 * Does the work of one attempt of one task: the port. Adapters: NushellRunner, ShellRunner,
 * FunctionRunner, and the user's own; all pass test/support/runner-contract.ts. A runner knows
 * nothing of journals, retries or other tasks.
 */
export interface Runner {
  /**
   * Checks a task's static `with` before a run starts; throws InvalidDefinitionError whose path starts
   * with `path`. Parts that are references (`{ $input }`, `{ $output }`, `{ $function }`) are not values yet: accept them
   * where values may be computed, refuse them where code or paths stand.
   *
   * `use` is `probe` for what a task's probe is told: what gives no output can't answer.
   */
  check(
    settings: { readonly [key: string]: JsonValue },
    path: string,
    use?: 'task' | 'probe',
  ): void;
  /**
   * Reads the output of a probe that succeeded: whether the work it asks about was done, as the output the task has
   * then, or null when nothing was done. Default: the probe's output as it is. Pure.
   */
  answer?(output: JsonValue): JsonValue;
  /**
   * Called before the first run of a base directory that uses the runner is accepted: looks for what the runner can't
   * work without. Rejects with what is missing, so that no run starts only to fail.
   */
  prepare?(baseDir?: string): Promise<void>;
  /** Begins the attempt. Never throws or rejects: what goes wrong is the execution's outcome. */
  start(attempt: Attempt): Execution;
  /**
   * After a crash of the orchestrator: takes over an attempt that was started before. `process` is what
   * the journal knows of it, if anything; the cookie finds the rest. A living one is waited for (its outcome is what it leaves), a dead one
   * that left its outcome gives it, and anything else ends `interrupted`, with no process left. A
   * runner without it can take over nothing: its attempts are `interrupted`.
   */
  adopt?(attempt: AttemptRef, process: ProcessIdentity | undefined): Execution;
  /**
   * A hint: what of a run may start soon, the nearest first, so that the runner can get ready for it. It replaces
   * what `source`, which stands for the run, said before; undefined when it starts nothing more. `freeSlots` are used by no task now.
   * None of a task's code may run by that.
   */
  expect?(source: object, coming: readonly ComingWork[] | undefined, freeSlots: number): void;
  /** Frees what the runner holds between tasks. */
  close?(): Promise<void>;
}

/** A task that may start soon. */
export interface ComingWork {
  /** Its `with` as defined: references are not values yet. */
  readonly with: { readonly [key: string]: JsonValue };
  readonly baseDir: string;
  /** 1 when it can start once what runs now has ended, 2 when it can start after such, and so on. */
  readonly steps: number;
}

/** What is known of an attempt without its input: enough to find it again. */
export type AttemptRef = Omit<Attempt, 'with' | 'call'>;

export interface Attempt {
  readonly run: string;
  readonly task: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** The same for every attempt of this task of this run: for idempotent calls to providers. */
  readonly key: string;
  /** Names this attempt among all processes of the machine; in the environment as NUFLOW_COOKIE. */
  readonly cookie: string;
  /** W3C traceparent of the attempt. */
  readonly traceparent: string;
  /** The task's `with`, references replaced by values. */
  readonly with: { readonly [key: string]: JsonValue };
  /** For runners of functions: what was beside the data. */
  readonly call?: ((context: CallContext) => unknown) | undefined;
  /** Present when the attempt is given secrets: what is to be kept out of all that it leaves behind. */
  readonly secrets?: AttemptSecrets | undefined;
  /** Absolute path of a folder for this attempt's files. Not yet there: a runner that needs it makes it (0700). */
  readonly dir: string;
  /** Absolute path that relative paths of the task (cwd, modules, scripts) start from. */
  readonly baseDir: string;
  /** Takes what the task prints, as it prints it, from the attempt's beginning also when it was taken over; volatile, the log files hold more. Never throws. */
  readonly output: (chunk: OutputChunk) => void;
  /** Whether anybody takes output now; while not, a runner may save itself the work. Absent: always. */
  readonly isHeard?: (() => boolean) | undefined;
  /** What each log file may hold, bytes; beginning and end are kept. Default 16 MiB. */
  readonly maxLogBytes?: number | undefined;
}

/** The secrets of an attempt's run. */
export interface AttemptSecrets {
  readonly redactor: Redactor;
  /** Whether all are known; if not, an attempt that is taken over may leave ones that can't be found. */
  readonly complete: boolean;
}

export interface CallContext {
  /** Aborted when the attempt is to stop. */
  readonly signal: AbortSignal;
  readonly attempt: number;
  readonly key: string;
  /**
   * Adds a line to the task's live output, and to its log (`stdout`) at the end of the turn. What the function prints
   * with `console` goes to its program instead: nuflow can't tell whose it is.
   */
  readonly log: (line: string) => void;
}

/** A piece of what a task printed, decoded as UTF-8 (bad bytes become U+FFFD). */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** How many bytes the attempt had printed on the stream before; absent when nobody counts them. */
  readonly offset?: number | undefined;
  /** How many of its bytes the text stands for. */
  readonly bytes?: number | undefined;
}

export interface Execution {
  /** Resolves with the process once it runs, or undefined when there is none. Never rejects. Absent: there will be none. */
  readonly spawned?: Promise<ProcessIdentity | undefined> | undefined;
  /** How it ended. Never rejects; resolves only when no process of the attempt is left. */
  readonly outcome: Promise<Outcome>;
  /** Asks the work to stop (`interrupt`: SIGINT to the group), or makes it (`kill`: SIGKILL, descendants swept). May be called again. */
  stop(how: 'interrupt' | 'kill'): void;
  /**
   * Looks whether its process has ended, though that may not have been told yet; `outcome` then resolves by itself.
   * Absent: there is nothing to look at. Never rejects.
   */
  hasEnded?(): Promise<boolean>;
  /**
   * The orchestrator lets go: what can go on without this process goes on, nothing more is done to it,
   * and it does not keep this process from ending. `outcome` need not resolve any more. Resolves when
   * its process is there, or will never be: who looks for it then must not miss it.
   */
  detach?(): void | Promise<void>;
}

export type Outcome =
  | { readonly status: 'succeeded'; readonly output: JsonValue }
  | { readonly status: 'failed'; readonly error: TaskError }
  /** None of its code ran, for want of disk space or because it was told to stop before. */
  | { readonly status: 'notBegun'; readonly error: TaskError }
  /**
   * It ended and left no outcome, and whether its work was done is not known: it was killed, or died. `error`: how, when
   * that was seen here; it is then a failed attempt unless its work turns out to be done. Without it nobody saw the end, as
   * after a crash of the orchestrator. `mayStillBeRunning`: for all that can be seen here something of it may still run. It is then
   * held for a person to decide, never run again by itself.
   */
  | {
      readonly status: 'interrupted';
      readonly error?: TaskError | undefined;
      readonly mayStillBeRunning?: boolean | undefined;
    };
