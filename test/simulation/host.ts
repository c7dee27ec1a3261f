import { dirname } from 'node:path';
import type { JsonValue } from '../../src/definition/json.js';
import type { Platform } from '../../src/platform/platform.js';
import type { Attempt, Runner } from '../../src/runners/runner.js';
import { behaviourOf } from './behaviour.js';
import { type FaultRates, Faults, type FileCall } from './faults.js';
import type { Machine } from './machine.js';
import { Prng } from './prng.js';
import { SimClock } from './sim-clock.js';
import { SimFileSystem } from './sim-file-system.js';
import type { ProcessOrder } from './sim-processes.js';
import { SimRandom } from './sim-random.js';
import { SimRunner } from './sim-runner.js';

/** Streams of chance for the n-th process begin here, see {@link Prng}. */
const STREAM = 100;
const STREAMS = 4;

/** A process of the orchestrator: the platform as it sees it, which is gone for it once it is dead. */
export class Host {
  readonly platform: Platform;
  readonly runners: Readonly<Record<'sim' | 'local', Runner>>;
  readonly fileSystem: SimFileSystem;
  readonly clock: SimClock;
  readonly pid: number;
  /** For choices of the program that runs in it. */
  readonly prng: Prng;
  readonly #machine: Machine;
  #state: 'alive' | 'closed' | 'dead' = 'alive';

  /** `number`: of the machine's orchestrator processes, this is the n-th. */
  constructor(machine: Machine, number: number, faults: FaultRates) {
    this.#machine = machine;
    this.pid = 1_000 + number;
    const { scheduler, disk, wall, locks } = machine;
    const isAlive = (): boolean => this.isAlive;
    const stream = (n: number): Prng => new Prng(machine.seed, STREAM + STREAMS * number + n);
    this.prng = stream(3);
    this.fileSystem = new SimFileSystem({
      disk,
      scheduler,
      prng: stream(0),
      faults: new Faults(faults, stream(1)),
      isAlive,
      die: () => this.die(),
      note: (call, path, how) => this.#note(call, path, how),
    });
    this.clock = new SimClock(scheduler, wall, isAlive);
    this.platform = {
      fileSystem: this.fileSystem,
      clock: this.clock,
      random: new SimRandom(stream(2)),
      locks: locks.of({ pid: this.pid, startTime: String(number), isAlive }),
      pid: this.pid,
    };
    const local = this.#runner(true);
    this.runners = {
      sim: this.#runner(false),
      // It can take nothing over: what it runs dies with this process.
      local: { check: local.check.bind(local), start: local.start.bind(local) },
    };
  }

  get isAlive(): boolean {
    return this.#state !== 'dead';
  }

  /** The orchestrator in it was closed: from now on it may change nothing. */
  closed(): void {
    this.#state = 'closed';
    if (this.fileSystem.openFiles > 0)
      this.#machine.violate(`${this.fileSystem.openFiles} files open for writing after close`);
  }

  /** It is killed: what it had asked for may have been done or not, and nothing else of it happens. */
  die(): void {
    this.#state = 'dead';
    this.fileSystem.die();
    this.#machine.processes.keeperDied(this.pid);
  }

  #runner(isMortal: boolean): SimRunner {
    const { scheduler, processes, figures } = this.#machine;
    return new SimRunner({
      scheduler,
      processes,
      pid: this.pid,
      isAlive: () => this.isAlive,
      order: (attempt) => this.#order(attempt, isMortal),
      adopted: (process) => {
        this.#machine.note(() => `${process.name.dir} adopted by ${this.pid}`);
        process.keeper = this.pid;
        process.keptSince = scheduler.time;
        figures.adoptions++;
      },
      stopping: ({ dir }, how) => {
        this.#machine.note(() => `${dir} ${how}`);
        this.#mustBeOpen(`stops ${dir}`);
      },
    });
  }

  #order(attempt: Attempt, isMortal: boolean): ProcessOrder {
    const { seed, witness, processes } = this.#machine;
    const { run, task, attempt: number, cookie, dir } = attempt;
    const isProbe = dir.endsWith('/probe');
    this.#mustBeOpen(`starts ${dir}`);
    if (isProbe) witness.probing(attempt);
    else witness.starting(attempt);
    const behaviour = behaviourOf(seed, `${run}/${task}${isProbe ? '/probe' : ''}`, number);
    // Names the attempt, so that it shows whose output somebody was given.
    const value: JsonValue = {
      from: `${run}/${task}/${number}`,
      padding: 'x'.repeat(behaviour.outputBytes),
    };
    return {
      name: { run, task, attempt: number, cookie, dir },
      behaviour,
      output: () => (isProbe && !processes.didWork(dirname(dir)) ? null : value),
      keeper: this.pid,
      isMortal,
    };
  }

  #mustBeOpen(what: string): void {
    if (this.#state === 'closed') this.#machine.violate(`${what} after close`);
  }

  #note(call: FileCall, path: string, how: string): void {
    if (CHANGES.has(call)) this.#mustBeOpen(`${call} of ${path}`);
    if (SHOWN.has(call) || how !== '')
      this.#machine.note(() => `${this.pid} ${call} ${path} ${how}`);
    this.#count(call, path, how);
  }

  #count(call: FileCall, path: string, how: string): void {
    const { figures } = this.#machine;
    if (call === 'write') {
      const [taken, wanted] = how.split(/[/ ]/);
      if (taken !== wanted) figures.shortWrites++;
      return;
    }
    if (call === 'open' && path.includes('.torn-')) figures.tornTails++;
    if (how === '') return;
    figures.failedCalls++;
    if (call === 'sync') figures.failedSyncs++;
  }
}

/** A sync that goes on after a close harms nobody; these would. */
const CHANGES = new Set<FileCall>(['makeDir', 'rename', 'remove', 'write', 'rewrite', 'truncate']);
const SHOWN = new Set<FileCall>([...CHANGES, 'syncDir', 'sync']);
