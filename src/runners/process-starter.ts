import type { ProcessIdentity } from '../world/process-identity.js';
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
 * Starts programs, each in a process group of its own, its stdio on the files of an attempt's folder,
 * which it makes: the port. Adapters: directStarter, Spawner; both pass test/support/starter-contract.ts.
 */
export interface ProcessStarter {
  /** Resolves when a start will not have to wait for anything. Never rejects. */
  ready(): Promise<void>;
  /** Never throws: what keeps the program from starting is its end. */
  start(dir: string, program: Program): Starting;
  /** Frees what the starter holds; processes go on. */
  close(): Promise<void>;
}
