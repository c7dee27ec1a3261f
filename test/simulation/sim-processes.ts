import type { AttemptPlace, Outcome } from '../../src/runners/runner.js';
import type { ProcessIdentity } from '../../src/world/process-identity.js';
import type { Behaviour, End } from './behaviour.js';
import type { Prng } from './prng.js';
import type { Scheduler } from './scheduler.js';

/** What names an attempt for the simulation. */
export type AttemptName = Pick<AttemptPlace, 'run' | 'task' | 'attempt' | 'cookie'>;

/** A process of a task. */
export interface SimProcess {
  readonly name: AttemptName;
  readonly identity: ProcessIdentity;
  readonly behaviour: Behaviour;
  /** Whether anybody asked it to stop. */
  wasStopped: boolean;
  /** Called once when it has ended. */
  readonly onEnd: Set<() => void>;
}

/** What a process left when it ended. */
export interface Result {
  readonly outcome: Outcome;
  readonly process: SimProcess;
  readonly at: number;
}

/** Told what becomes of processes. */
export interface ProcessWitness {
  began(process: SimProcess): void;
  ended(process: SimProcess, how: string): void;
}

/** Few pids, so that they are soon used again. */
const FIRST_PID = 100;
const PIDS = 64;

/** The processes of a machine and the results they leave; both outlive the orchestrator. */
export class SimProcesses {
  bootId: string;
  readonly #scheduler: Scheduler;
  readonly #prng: Prng;
  readonly #witness: ProcessWitness;
  readonly #alive = new Map<number, SimProcess>();
  /** Result files, by cookie; `fresh` ones may be lost with the machine. */
  readonly #results = new Map<string, Result>();
  #started = 0;
  #boots = 1;

  constructor(scheduler: Scheduler, prng: Prng, witness: ProcessWitness) {
    this.#scheduler = scheduler;
    this.#prng = prng;
    this.#witness = witness;
    this.bootId = 'boot-1';
  }

  get alive(): Iterable<SimProcess> {
    return this.#alive.values();
  }

  spawn(name: AttemptName, behaviour: Behaviour): SimProcess {
    let pid = FIRST_PID + (this.#started % PIDS);
    while (this.#alive.has(pid)) pid++;
    const identity = { pid, startTime: String(++this.#started), bootId: this.bootId };
    const process = { name, identity, behaviour, wasStopped: false, onEnd: new Set<() => void>() };
    this.#alive.set(pid, process);
    this.#scheduler.at(behaviour.durationMs, () => this.#end(process, behaviour.end));
    this.#witness.began(process);
    return process;
  }

  /** That very process, when it lives. */
  find({ pid, startTime, bootId }: ProcessIdentity): SimProcess | undefined {
    const process = this.#alive.get(pid);
    const { identity } = process ?? {};
    return identity?.startTime === startTime && identity.bootId === bootId ? process : undefined;
  }

  /** The oldest living process that carries the cookie. */
  findByCookie(cookie: string): SimProcess | undefined {
    return [...this.#alive.values()].find(({ name }) => name.cookie === cookie);
  }

  resultOf(cookie: string): Outcome | undefined {
    return this.#results.get(cookie)?.outcome;
  }

  /** What an attempt left, whatever its cookie. */
  resultOfAttempt(run: string, task: string, attempt: number): Result | undefined {
    for (const result of this.#results.values()) {
      const { name } = result.process;
      if (name.task === task && name.attempt === attempt && name.run === run) return result;
    }
    return undefined;
  }

  interrupt(process: SimProcess): void {
    process.wasStopped = true;
    const { onInterrupt } = process.behaviour;
    if (onInterrupt === 'ignores') return;
    this.#scheduler.at(onInterrupt.afterMs, () => this.#end(process, onInterrupt.end));
  }

  kill(process: SimProcess): void {
    process.wasStopped = true;
    this.#end(process, 'vanishes');
  }

  /** The machine loses power and comes back: no process is left, and fresh results may be lost. */
  reboot(): void {
    for (const process of this.#alive.values()) this.#witness.ended(process, 'lost power');
    this.#alive.clear();
    this.#boots++;
    this.bootId = `boot-${this.#boots}`;
    for (const [cookie, { at }] of this.#results) {
      const isFresh = this.#scheduler.time - at < WRITTEN_BACK_MS;
      if (isFresh && this.#prng.chance(0.5)) this.#results.delete(cookie);
    }
  }

  #end(process: SimProcess, how: End): void {
    if (this.#alive.get(process.identity.pid) !== process) return;
    this.#alive.delete(process.identity.pid);
    const outcome = outcomeOf(process, how);
    if (outcome !== undefined)
      this.#results.set(process.name.cookie, { outcome, process, at: this.#scheduler.time });
    this.#witness.ended(process, how);
    for (const tell of process.onEnd) tell();
  }
}

/** By when the kernel has written a file that nobody synced, ms. */
const WRITTEN_BACK_MS = 30_000;

function outcomeOf({ name, behaviour }: SimProcess, how: End): Outcome | undefined {
  switch (how) {
    case 'succeeds':
      return { status: 'succeeded', output: outputOf(name, behaviour) };
    case 'fails':
      return { status: 'failed', error: { code: 'SIM_FAILED', message: `${name.task} failed` } };
    case 'vanishes':
      return undefined;
  }
}

/** Names the attempt, so that it shows whose output somebody was given. */
export function outputOf(
  { run, task, attempt }: AttemptName,
  { outputBytes }: Behaviour,
): { from: string; padding: string } {
  return { from: `${run}/${task}/${attempt}`, padding: 'x'.repeat(outputBytes) };
}
