import type { Attempt, OutputChunk } from '../runners/runner.js';
import { type AttemptNames, attemptNames } from './task-call.js';

type Names = Pick<Attempt, 'run' | 'task' | 'attempt' | 'baseDir' | 'maxLogBytes' | 'secrets'>;

const NOTHING = { with: {} };

/** What names and folder are made from. */
interface Origin {
  /** Of the run. */
  readonly traceId: string;
  readonly dir: () => string;
  readonly output: (chunk: OutputChunk) => void;
  readonly isHeard: () => boolean;
}

/**
 * An attempt's place whose names and folder are made when they are asked for: hashing costs more than
 * many a function does, and most functions never ask. Not to be spread: getters are not own properties.
 */
export class LazyPlace implements Attempt {
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  readonly baseDir: string;
  readonly maxLogBytes: number | undefined;
  readonly secrets: Attempt['secrets'];
  /** Empty unless given. */
  readonly with: Attempt['with'];
  readonly call: Attempt['call'];
  readonly #origin: Origin;
  #known: AttemptNames | undefined;

  constructor(names: Names, origin: Origin, call: Pick<Attempt, 'with' | 'call'> = NOTHING) {
    this.run = names.run;
    this.task = names.task;
    this.attempt = names.attempt;
    this.baseDir = names.baseDir;
    this.maxLogBytes = names.maxLogBytes;
    this.secrets = names.secrets;
    this.with = call.with;
    this.call = call.call;
    this.#origin = origin;
  }

  get key(): string {
    return this.#names.key;
  }

  get cookie(): string {
    return this.#names.cookie;
  }

  get traceparent(): string {
    return this.#names.traceparent;
  }

  get dir(): string {
    return this.#origin.dir();
  }

  get output(): (chunk: OutputChunk) => void {
    return this.#origin.output;
  }

  get isHeard(): () => boolean {
    return this.#origin.isHeard;
  }

  get #names(): AttemptNames {
    this.#known ??= attemptNames(this.#origin.traceId, this.task, this.attempt);
    return this.#known;
  }
}
