import type { JsonValue } from '../../src/definition/json.js';
import { InvalidDefinitionError } from '../../src/errors.js';
import type { TaskError } from '../../src/journal/records/record.js';
import type { ProcessIdentity } from '../../src/platform/process-identity.js';
import type { Attempt, AttemptRef, Execution, Outcome, Runner } from '../../src/runners/runner.js';

type How = 'interrupt' | 'kill';

/** An attempt that runs until the test ends it, or kills it. */
export class ControlledAttempt implements Execution {
  readonly task: string;
  readonly attempt: number;
  /** What it was given; an adopted one has no `with`. */
  readonly given: AttemptRef & Partial<Attempt>;
  /** What an adopted one is known by. */
  readonly process: ProcessIdentity | undefined;
  readonly adopted: boolean;
  readonly spawned: Promise<ProcessIdentity | undefined>;
  readonly outcome: Promise<Outcome>;
  /** How it was asked to stop, each time. */
  readonly stops: How[] = [];
  /** Whether it has ended, though that was not told. */
  hasEnded: () => Promise<boolean> = async () => this.#isOver;
  /** Called at each of these. */
  onStop: (how: How) => void = () => {};
  #resolveSpawned: (process: ProcessIdentity | undefined) => void = () => {};
  #resolveOutcome: (outcome: Outcome) => void = () => {};
  #waiting: (() => void)[] = [];
  #isOver = false;

  constructor(
    given: AttemptRef & Partial<Attempt>,
    adopted?: { readonly process: ProcessIdentity | undefined },
  ) {
    this.given = given;
    this.task = given.task;
    this.attempt = given.attempt;
    this.process = adopted?.process;
    this.adopted = adopted !== undefined;
    this.spawned = new Promise((resolve) => {
      this.#resolveSpawned = resolve;
    });
    this.outcome = new Promise((resolve) => {
      this.#resolveOutcome = resolve;
    });
  }

  stop(how: How): void {
    this.stops.push(how);
    this.onStop(how);
    for (const wake of this.#waiting) wake();
    this.#waiting = [];
    if (how === 'kill') this.fail('E_KILLED', 'It was killed.');
  }

  /** Resolves once it was asked to stop in this way. */
  async stopped(how: How): Promise<void> {
    while (!this.stops.includes(how))
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  print(text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    this.given.output({ stream, text });
  }

  spawn(process: ProcessIdentity): void {
    this.#resolveSpawned(process);
  }

  succeed(output: JsonValue = null): void {
    this.end({ status: 'succeeded', output });
  }

  fail(code = 'E_TEST', message = 'no'): void {
    const error: TaskError = { code, message };
    this.end({ status: 'failed', error });
  }

  /** It ended without an outcome; `error`: how, when that was seen. */
  interrupted(error?: TaskError): void {
    this.end({ status: 'interrupted', error });
  }

  end(outcome: Outcome): void {
    this.#isOver = true;
    this.#resolveSpawned(undefined);
    this.#resolveOutcome(outcome);
  }
}

/**
 * The Runner port's second adapter: attempts end when the test says so. `onStart` is told of each attempt
 * as it starts, for work that goes by itself.
 */
export class ControlledRunner implements Runner {
  /** All attempts, in the order in which they started or were adopted. */
  readonly attempts: ControlledAttempt[] = [];
  closed = 0;
  prepared = 0;
  onStart: (attempt: ControlledAttempt) => void;
  #waiting: (() => void)[] = [];

  constructor(onStart: (attempt: ControlledAttempt) => void = () => {}) {
    this.onStart = onStart;
  }

  check(settings: { readonly [key: string]: JsonValue }, path: string): void {
    if (Object.hasOwn(settings, 'refuse'))
      throw new InvalidDefinitionError(`${path}.refuse`, 'is refused');
  }

  async prepare(): Promise<void> {
    this.prepared++;
  }

  start(attempt: Attempt): Execution {
    return this.#add(new ControlledAttempt(attempt));
  }

  adopt(place: AttemptRef, process: ProcessIdentity | undefined): Execution {
    return this.#add(new ControlledAttempt(place, { process }));
  }

  async close(): Promise<void> {
    this.closed++;
  }

  /** The n-th attempt of the task since the test began (default: the first), as soon as it has started. */
  async started(task: string, n = 1): Promise<ControlledAttempt> {
    for (;;) {
      const found = this.of(task)[n - 1];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves with the running attempts once there are at least `n` of them. */
  async atWork(n: number): Promise<readonly ControlledAttempt[]> {
    while (this.running.length < n)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.running;
  }

  of(task: string): readonly ControlledAttempt[] {
    return this.attempts.filter((attempt) => attempt.task === task);
  }

  get running(): readonly ControlledAttempt[] {
    return this.attempts.filter((attempt) => !attempt.isOver);
  }

  /** Tasks in the order in which their attempts began. */
  get order(): readonly string[] {
    return this.attempts.map(({ task }) => task);
  }

  #add(attempt: ControlledAttempt): ControlledAttempt {
    this.attempts.push(attempt);
    if (attempt.given.with !== undefined && Object.hasOwn(attempt.given.with, 'refuse'))
      attempt.fail('NUFLOW_INVALID_WITH', 'It is refused.');
    this.onStart(attempt);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
    return attempt;
  }
}
