import type { ProcessIdentity } from '../../platform/process-identity.js';
import type { ProcessEnd } from './process.js';

/** What a runner of programs has to say about an attempt; the rest is the same for all. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment; nothing is inherited beside it. */
  readonly env: Readonly<Record<string, string>>;
  /** What the program finds on its standard input. */
  readonly stdin: string;
}

/** A process from its start to its end. */
export interface Starting {
  /** Resolves with the process once it runs, or undefined when there is none. Never rejects. */
  readonly spawned: Promise<ProcessIdentity | undefined>;
  /** The end of this very process; its descendants don't count. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Lets this process end before that one does; `ended` need not resolve any more. */
  detach(): void;
}

/**
 * A process that was started before its work is known, and waits for that on its standard input. Told to
 * work it reads there one line, a JSON object of variables to set, and then what a program started for
 * that work would find on its standard input. If its standard input ends with nothing on it, it has to end itself.
 */
export interface Standby extends Pick<ProcessStarter, 'start'> {
  /** The end of this process. Need not resolve once it was told to work. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Resolves with the process once it runs, or undefined when there is none. Never rejects. */
  readonly spawned: Promise<ProcessIdentity | undefined>;
  /**
   * As ProcessStarter.start, by this process: it gets the variables in which `program.env` differs from its own,
   * and its logs become the attempt's. If it can't, the program is started anew. To be called once.
   */
  start(dir: string, program: Program): Starting;
  /** Ends it; it was not told to work. */
  drop(): void;
}

/**
 * Starts programs, each in a process group of its own, its stdio on the files of an attempt's folder,
 * which it makes: the port. Adapters: directStarter, Spawner; both pass test/support/starter-contract.ts.
 */
export interface ProcessStarter {
  /** Resolves when a start will not have to wait for anything. Never rejects. */
  ready(): Promise<void>;
  /** Never throws: what keeps the program from starting is its end. */
  start(dir: string, program: Program): Starting;
  /**
   * Starts a program that waits for its work, its logs in `dir`, which must be on the file system of the attempts'
   * folders. Undefined where that can't be done, or not just now; absent where it never can. Never throws.
   */
  standBy?(dir: string, program: Omit<Program, 'stdin'>): Standby | undefined;
  /** Frees what the starter holds; processes go on. */
  close(): Promise<void>;
}
