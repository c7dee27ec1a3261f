import type { Attempt, OutputChunk } from '../../runners/runner.js';
import { type AttemptNames, attemptNames } from './task-call.js';

/** What the attempts of a run have in common. */
export interface RunRef {
  readonly run: string;
  readonly traceId: string;
  readonly baseDir: string;
  readonly maxLogBytes: number | undefined;
  dirOf(task: string, attempt: number): string;
  print(task: string, attempt: number, chunk: OutputChunk): void;
  readonly isHeard: () => boolean;
}

const NOTHING = { with: Object.freeze({}) };

/**
 * An attempt's place whose names and folder are made when they are asked for: hashing costs more than
 * many a function does, and most functions never ask. Not to be spread: getters are not own properties.
 */
export class AttemptContext implements Attempt {
  readonly task: string;
  readonly attempt: number;
  readonly with: Attempt['with'];
  readonly call: Attempt['call'];
  readonly secrets: Attempt['secrets'];
  readonly #run: RunRef;
  #output: Attempt['output'] | undefined;
  #dir: string | undefined;
  #known: AttemptNames | undefined;

  /** `output` takes what it prints, by default the run; `call` is what it is called with, by default nothing. */
  constructor(
    run: RunRef,
    task: string,
    attempt: number,
    secrets: Attempt['secrets'],
    output: Attempt['output'] | undefined,
    call: Pick<Attempt, 'with' | 'call'> = NOTHING,
  ) {
    this.#run = run;
    this.task = task;
    this.attempt = attempt;
    this.secrets = secrets;
    this.with = call.with;
    this.call = call.call;
    this.#output = output;
  }

  get run(): string {
    return this.#run.run;
  }

  get baseDir(): string {
    return this.#run.baseDir;
  }

  get maxLogBytes(): number | undefined {
    return this.#run.maxLogBytes;
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
    this.#dir ??= this.#run.dirOf(this.task, this.attempt);
    return this.#dir;
  }

  get output(): (chunk: OutputChunk) => void {
    this.#output ??= (chunk) => this.#run.print(this.task, this.attempt, chunk);
    return this.#output;
  }

  get isHeard(): () => boolean {
    return this.#run.isHeard;
  }

  get #names(): AttemptNames {
    this.#known ??= attemptNames(this.#run.traceId, this.task, this.attempt);
    return this.#known;
  }
}
