import { InvalidDefinitionError } from '../../src/errors.js';
import type {
  Attempt,
  AttemptPlace,
  Execution,
  Outcome,
  Runner,
} from '../../src/runners/runner.js';
import type { ProcessIdentity } from '../../src/world/process-identity.js';
import type { Behaviour } from './behaviour.js';
import type { Scheduler } from './scheduler.js';
import { never } from './sim-file-system.js';
import type { SimProcess, SimProcesses } from './sim-processes.js';

/** Who runs attempts, and on what. */
export interface RunnerParts {
  readonly scheduler: Scheduler;
  readonly processes: SimProcesses;
  readonly behaviourOf: (attempt: Attempt) => Behaviour;
  /** Told before the code of an attempt can run. */
  readonly starting: (attempt: Attempt) => void;
  /** Told that a living process is taken over. */
  readonly adopted: (process: SimProcess) => void;
  /** Told that an attempt is asked or made to stop. */
  readonly stopping: (attempt: AttemptPlace, how: 'interrupt' | 'kill') => void;
  readonly isAlive: () => boolean;
}

/** How late the end of a process is noticed that is nobody's child, ms at most; as POLL_MS of src/runners. */
const POLL_MS = 100;

/**
 * Runs attempts as simulated processes, which outlive the process that runs them, by the rules of the
 * real runners: what an attempt left decides, a stopped one is gone before its end is told, and an
 * adopted one without a result is `interrupted`.
 */
export class SimRunner implements Runner {
  readonly #parts: RunnerParts;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  check(settings: Attempt['with'], path: string): void {
    if (Object.hasOwn(settings, 'refused'))
      throw new InvalidDefinitionError(`${path}.refused`, 'is no setting of a simulated task');
  }

  start(attempt: Attempt): Execution {
    if (!this.#parts.isAlive()) return { spawned: never(), outcome: never(), stop: () => {} };
    if (Object.hasOwn(attempt.with, 'refused'))
      return ended(failed('SIM_REFUSED', 'it was given what it does not take'));
    return new SimExecution(this.#parts, attempt);
  }

  adopt(attempt: AttemptPlace, known: ProcessIdentity | undefined): Execution {
    if (!this.#parts.isAlive()) return { spawned: never(), outcome: never(), stop: () => {} };
    return new AdoptedSimExecution(this.#parts, attempt, known);
  }
}

class SimExecution implements Execution {
  readonly spawned: Promise<ProcessIdentity | undefined>;
  readonly outcome: Promise<Outcome>;
  readonly #parts: RunnerParts;
  readonly #attempt: Attempt;
  #process: SimProcess | undefined;
  #stop: 'interrupt' | 'kill' | undefined;
  #tellSpawned: (process: ProcessIdentity | undefined) => void = () => {};
  #tellOutcome: (outcome: Outcome) => void = () => {};

  constructor(parts: RunnerParts, attempt: Attempt) {
    this.#parts = parts;
    this.#attempt = attempt;
    this.spawned = new Promise((resolve) => {
      this.#tellSpawned = resolve;
    });
    this.outcome = new Promise((resolve) => {
      this.#tellOutcome = resolve;
    });
    parts.starting(attempt);
    this.#begin(parts.behaviourOf(attempt));
  }

  stop(how: 'interrupt' | 'kill'): void {
    if (!this.#parts.isAlive()) return;
    this.#parts.stopping(this.#attempt, how);
    this.#stop = how;
    if (this.#process !== undefined) signal(this.#parts.processes, this.#process, how);
  }

  /** A process that is asked for will be there, and is waited for. */
  async detach(): Promise<void> {
    await this.spawned;
  }

  #begin(behaviour: Behaviour): void {
    const { scheduler, isAlive } = this.#parts;
    const spawn = (): void => {
      if (isAlive()) this.#spawn(behaviour);
    };
    if (behaviour.spawnMs === 0) spawn();
    else scheduler.at(behaviour.spawnMs, spawn);
  }

  #spawn(behaviour: Behaviour): void {
    const { processes, scheduler } = this.#parts;
    if (behaviour.cannotSpawn) {
      this.#cannotSpawn();
      return;
    }
    const process = processes.spawn(this.#attempt, behaviour);
    this.#process = process;
    process.onEnd.add(() => this.#ended());
    if (behaviour.prints !== '') this.#attempt.output({ stream: 'stdout', text: behaviour.prints });
    // A turn later, as a real process is only known once it was looked at.
    scheduler.at(0, () => this.#tellSpawned(process.identity));
    if (this.#stop !== undefined) signal(processes, process, this.#stop);
  }

  #cannotSpawn(): void {
    this.#tellSpawned(undefined);
    this.#tellOutcome(failed('NUFLOW_SPAWN_FAILED', 'EAGAIN (simulated)'));
  }

  #ended(): void {
    const { scheduler, processes, isAlive } = this.#parts;
    scheduler.at(1, () => {
      const left = processes.resultOf(this.#attempt.cookie);
      if (isAlive()) this.#tellOutcome(left ?? failed('NUFLOW_NO_RESULT', 'it left no result'));
    });
  }
}

class AdoptedSimExecution implements Execution {
  readonly spawned: Promise<ProcessIdentity | undefined>;
  readonly outcome: Promise<Outcome>;
  readonly #parts: RunnerParts;
  readonly #attempt: AttemptPlace;
  readonly #process: SimProcess | undefined;

  constructor(parts: RunnerParts, attempt: AttemptPlace, known: ProcessIdentity | undefined) {
    const { scheduler, processes, adopted, isAlive } = parts;
    const { cookie } = attempt;
    this.#parts = parts;
    this.#attempt = attempt;
    this.#process = known === undefined ? processes.findByCookie(cookie) : processes.find(known);
    if (this.#process !== undefined) adopted(this.#process);
    const { promise: spawned, resolve: tellSpawned } = deferred<ProcessIdentity | undefined>();
    const { promise: outcome, resolve: tellOutcome } = deferred<Outcome>();
    this.spawned = spawned;
    this.outcome = outcome;
    scheduler.at(0, () => tellSpawned(this.#process?.identity));
    const end = (): void => {
      scheduler.at(POLL_MS / 2, () => {
        if (isAlive()) tellOutcome(processes.resultOf(cookie) ?? { status: 'interrupted' });
      });
    };
    if (this.#process === undefined) end();
    else this.#process.onEnd.add(end);
  }

  stop(how: 'interrupt' | 'kill'): void {
    if (!this.#parts.isAlive()) return;
    this.#parts.stopping(this.#attempt, how);
    if (this.#process !== undefined) signal(this.#parts.processes, this.#process, how);
  }
}

function signal(processes: SimProcesses, process: SimProcess, how: 'interrupt' | 'kill'): void {
  if (how === 'interrupt') processes.interrupt(process);
  else processes.kill(process);
}

function ended(outcome: Outcome): Execution {
  return { spawned: Promise.resolve(undefined), outcome: Promise.resolve(outcome), stop: () => {} };
}

function failed(code: string, message: string): Outcome {
  return { status: 'failed', error: { code, message } };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((tell) => {
    resolve = tell;
  });
  return { promise, resolve };
}
