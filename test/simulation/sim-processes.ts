import type { JsonValue } from '../../src/definition/json.js';
import type { ProcessIdentity } from '../../src/platform/process-identity.js';
import type { AttemptRef, Outcome } from '../../src/runners/runner.js';
import type { Behaviour, End } from './behaviour.js';
import type { Prng } from './prng.js';
import type { Scheduler } from './scheduler.js';

/** What names an attempt for the simulation; its probe has the same cookie, and a folder of its own. */
export type AttemptName = Pick<AttemptRef, 'run' | 'task' | 'attempt' | 'cookie' | 'dir'>;

/** What a process is to be. */
export interface ProcessOrder {
  readonly name: AttemptName;
  readonly behaviour: Behaviour;
  /** What it gives when it succeeds. */
  readonly output: () => JsonValue;
  /** Pid of the orchestrator that started it. */
  readonly keeper: number;
  /** Whether it dies with that. */
  readonly isMortal: boolean;
}

/** A process of a task. */
export interface SimProcess extends Omit<ProcessOrder, 'keeper'> {
  readonly identity: ProcessIdentity;
  /** Pid of the orchestrator that started it or took it over last. */
  keeper: number;
  /** Since when, ms of virtual time. */
  keptSince: number;
  /** Orchestrators that asked it to stop. */
  readonly stoppedBy: Set<number>;
  /** What it gave when it ended. That of a mortal one is nowhere else. */
  outcome?: Outcome;
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
  bootId = 'boot-1';
  readonly #scheduler: Scheduler;
  readonly #prng: Prng;
  readonly #witness: ProcessWitness;
  readonly #alive = new Map<number, SimProcess>();
  /** Result files, by folder; fresh ones may be lost with the machine. */
  readonly #results = new Map<string, Result>();
  /** Folders of attempts whose process, which needs no orchestrator, ended without a result. */
  readonly #died = new Set<string>();
  /** Folders of attempts that did their work, whether or not their results are still there. */
  readonly #done = new Set<string>();
  #started = 0;
  #boots = 1;

  constructor(scheduler: Scheduler, prng: Prng, witness: ProcessWitness) {
    this.#scheduler = scheduler;
    this.#prng = prng;
    this.#witness = witness;
  }

  get alive(): Iterable<SimProcess> {
    return this.#alive.values();
  }

  spawn(order: ProcessOrder): SimProcess {
    let pid = FIRST_PID + (this.#started % PIDS);
    while (this.#alive.has(pid)) pid++;
    const process: SimProcess = {
      ...order,
      identity: { pid, startTime: String(++this.#started), bootId: this.bootId },
      keptSince: this.#scheduler.time,
      stoppedBy: new Set(),
      onEnd: new Set(),
    };
    this.#alive.set(pid, process);
    const { durationMs, end } = order.behaviour;
    this.#scheduler.at(durationMs, () => this.#end(process, end));
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

  /** What was left in an attempt's folder. */
  resultIn(dir: string): Result | undefined {
    return this.#results.get(dir);
  }

  /** Whether the attempt of this folder was a process and left no result. */
  hasDied(dir: string): boolean {
    return this.#died.has(dir);
  }

  /** Whether the attempt of this folder did its work. */
  didWork(dir: string): boolean {
    return this.#done.has(dir);
  }

  interrupt(process: SimProcess, by: number): void {
    process.stoppedBy.add(by);
    const { onInterrupt } = process.behaviour;
    if (onInterrupt === 'ignores') return;
    this.#scheduler.at(onInterrupt.afterMs, () => this.#end(process, onInterrupt.end));
  }

  kill(process: SimProcess, by: number): void {
    process.stoppedBy.add(by);
    this.#end(process, 'vanishes');
  }

  /** An orchestrator died: what lived in its process is gone. */
  keeperDied(keeper: number): void {
    for (const process of [...this.#alive.values()]) {
      if (!process.isMortal || process.keeper !== keeper) continue;
      this.#alive.delete(process.identity.pid);
      this.#witness.ended(process, 'died with its orchestrator');
    }
  }

  /** The machine loses power and comes back: no process is left, and fresh results may be lost. */
  reboot(): void {
    for (const process of this.#alive.values()) this.#witness.ended(process, 'lost power');
    this.#alive.clear();
    this.#boots++;
    this.bootId = `boot-${this.#boots}`;
    for (const [dir, { at }] of this.#results) {
      const isFresh = this.#scheduler.time - at < WRITTEN_BACK_MS;
      if (isFresh && this.#prng.chance(0.5)) this.#results.delete(dir);
    }
  }

  #end(process: SimProcess, how: End): void {
    if (this.#alive.get(process.identity.pid) !== process) return;
    this.#alive.delete(process.identity.pid);
    const { dir } = process.name;
    if (how === 'succeeds') this.#done.add(dir);
    const outcome = outcomeOf(process, how);
    if (outcome === undefined && !process.isMortal) this.#died.add(dir);
    if (outcome !== undefined) {
      process.outcome = outcome;
      if (!process.isMortal) this.#results.set(dir, { outcome, process, at: this.#scheduler.time });
    }
    this.#witness.ended(process, how);
    for (const tell of process.onEnd) tell();
  }
}

/** By when the kernel has written a file that nobody synced, ms. */
const WRITTEN_BACK_MS = 30_000;

function outcomeOf({ name, output }: SimProcess, how: End): Outcome | undefined {
  switch (how) {
    case 'succeeds':
      return { status: 'succeeded', output: output() };
    case 'fails':
      return { status: 'failed', error: { code: 'SIM_FAILED', message: `${name.task} failed` } };
    case 'vanishes':
      return undefined;
  }
}
