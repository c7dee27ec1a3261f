import { InvalidDefinitionError } from '../../src/errors.js';
import type { ProcessIdentity } from '../../src/platform/process-identity.js';
import type { Attempt, AttemptRef, Execution, Outcome, Runner } from '../../src/runners/runner.js';
import type { Scheduler } from './scheduler.js';
import { never } from './sim-file-system.js';
import type { ProcessOrder, SimProcess, SimProcesses } from './sim-processes.js';

/** Who runs attempts, and on what. */
export interface RunnerParts {
  readonly scheduler: Scheduler;
  readonly processes: SimProcesses;
  /** What an attempt is to do; told before its code can run. */
  readonly order: (attempt: Attempt) => ProcessOrder;
  /** Told that a living process is taken over. */
  readonly adopted: (process: SimProcess) => void;
  /** Told that an attempt is asked or made to stop. */
  readonly stopping: (attempt: AttemptRef, how: 'interrupt' | 'kill') => void;
  /** Pid of the process this runs in. */
  readonly pid: number;
  readonly isAlive: () => boolean;
}

/** Whose a process is that was let go. */
const NOBODY = 0;

const NOT_STOPPED: Pick<SimProcess, 'stoppedBy'> = { stoppedBy: new Set() };

/** How late the end of a process is noticed that is nobody's child, ms on average; see POLL_MS of src/runners. */
const LATE_MS = 50;

/**
 * Runs attempts as simulated processes by the rules of the real runners: what an attempt left decides, a
 * stopped one is gone before its end is told, and one without a result is `interrupted`, with an error if it was seen.
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
    if (!this.#parts.isAlive()) return dead();
    if (Object.hasOwn(attempt.with, 'refused'))
      return ended(failed('SIM_REFUSED', 'it was given what it does not take'));
    return new SimExecution(this.#parts, attempt);
  }

  adopt(attempt: AttemptRef, known: ProcessIdentity | undefined): Execution {
    return this.#parts.isAlive() ? new AdoptedExecution(this.#parts, attempt, known) : dead();
  }
}

/** An execution with its promises open. */
class OpenExecution {
  readonly spawned: Promise<ProcessIdentity | undefined>;
  readonly outcome: Promise<Outcome>;
  readonly parts: RunnerParts;
  readonly attempt: AttemptRef;
  process: SimProcess | undefined;
  protected isMortal = false;
  #isDetached = false;
  protected tellSpawned: (process: ProcessIdentity | undefined) => void = () => {};
  protected tellOutcome: (outcome: Outcome) => void = () => {};

  constructor(parts: RunnerParts, attempt: AttemptRef) {
    this.parts = parts;
    this.attempt = attempt;
    this.spawned = new Promise((resolve) => {
      this.tellSpawned = resolve;
    });
    this.outcome = new Promise((resolve) => {
      this.tellOutcome = resolve;
    });
  }

  stop(how: 'interrupt' | 'kill'): void {
    if (!this.parts.isAlive()) return;
    this.parts.stopping(this.attempt, how);
    this.signal(how);
  }

  /** As the real ones, it tells no end any more. A process that was asked for will be there, and is waited for. */
  async detach(): Promise<void> {
    if (this.isMortal) return; // what lives in this process goes on in it, and tells its end
    this.#isDetached = true;
    await this.spawned;
    if (this.process !== undefined) this.process.keeper = NOBODY;
  }

  protected signal(how: 'interrupt' | 'kill'): void {
    const { processes, pid } = this.parts;
    if (this.process === undefined) return;
    if (how === 'interrupt') processes.interrupt(this.process, pid);
    else processes.kill(this.process, pid);
  }

  /** Some time later the end is noticed: what was left in the attempt's folder decides. */
  protected endsIn(ms: number, otherwise: Outcome): void {
    const { scheduler, processes, isAlive } = this.parts;
    scheduler.at(ms, () => {
      const left = this.process?.outcome ?? processes.resultIn(this.attempt.dir)?.outcome;
      if (isAlive() && !this.#isDetached) this.tell(left ?? otherwise);
    });
  }

  protected tell(outcome: Outcome): void {
    this.tellOutcome(outcome);
  }
}

class SimExecution extends OpenExecution implements Execution {
  #stop: 'interrupt' | 'kill' | undefined;

  constructor(parts: RunnerParts, attempt: Attempt) {
    super(parts, attempt);
    const order = parts.order(attempt);
    this.isMortal = order.isMortal;
    const spawn = (): void => {
      if (parts.isAlive()) this.#spawn(order);
    };
    if (order.behaviour.spawnMs === 0) spawn();
    else parts.scheduler.at(order.behaviour.spawnMs, spawn);
  }

  override stop(how: 'interrupt' | 'kill'): void {
    this.#stop = how;
    super.stop(how);
  }

  #spawn(order: ProcessOrder): void {
    const { processes, scheduler } = this.parts;
    const { behaviour, isMortal } = order;
    if (behaviour.cannotSpawn) {
      this.tellSpawned(undefined);
      this.tellOutcome(failed('NUFLOW_SPAWN_FAILED', 'EAGAIN (simulated)'));
      return;
    }
    const process = processes.spawn(order);
    this.process = process;
    const otherwise = isMortal ? ABANDONED : SEEN_DEATH;
    process.onEnd.add(() => this.endsIn(1, otherwise));
    if (behaviour.prints !== '') this.attempt.output({ stream: 'stdout', text: behaviour.prints });
    // A turn later, as a real process is only known once it was looked at. What lives in our own has none.
    scheduler.at(0, () => this.tellSpawned(isMortal ? undefined : process.identity));
    if (this.#stop !== undefined) this.signal(this.#stop);
  }
}

class AdoptedExecution extends OpenExecution implements Execution {
  constructor(parts: RunnerParts, attempt: AttemptRef, known: ProcessIdentity | undefined) {
    super(parts, attempt);
    const { scheduler, processes, adopted } = parts;
    const process =
      known === undefined ? processes.findByCookie(attempt.cookie) : processes.find(known);
    this.process = process;
    scheduler.at(0, () => this.tellSpawned(process?.identity));
    if (process === undefined) this.endsIn(LATE_MS, { status: 'interrupted' });
    else {
      adopted(process);
      process.onEnd.add(() => this.endsIn(LATE_MS, SEEN_DEATH));
    }
  }

  /** Of one that an earlier orchestrator told to stop, failure and death may be due to that. */
  protected override tell(outcome: Outcome): void {
    const { processes, pid } = this.parts;
    const { stoppedBy } =
      this.process ?? processes.resultIn(this.attempt.dir)?.process ?? NOT_STOPPED;
    const isForeignStop = stoppedBy.size > 0 && !stoppedBy.has(pid);
    const counts = outcome.status === 'succeeded' || !isForeignStop;
    super.tell(counts ? outcome : { status: 'interrupted' });
  }
}

/** What a dead process is given: nothing comes of it. */
function dead(): Execution {
  return { spawned: never(), outcome: never(), stop: () => {} };
}

function ended(outcome: Outcome): Execution {
  return { spawned: Promise.resolve(undefined), outcome: Promise.resolve(outcome), stop: () => {} };
}

function failed(code: string, message: string): Outcome {
  return { status: 'failed', error: { code, message } };
}

const ABANDONED = failed('NUFLOW_ABANDONED', 'it ignored its signal');
const SEEN_DEATH: Outcome = {
  status: 'interrupted',
  error: { code: 'SIM_KILLED', message: 'it was killed' },
};
