import type { World } from '../../src/world/world.js';
import { type FaultRates, Faults, type FileCall } from './faults.js';
import type { Machine } from './machine.js';
import { Prng } from './prng.js';
import { SimClock } from './sim-clock.js';
import { SimFileSystem } from './sim-file-system.js';
import { SimRandom } from './sim-random.js';
import { SimRunner } from './sim-runner.js';

/** Streams of chance for the n-th process begin here, see {@link Prng}. */
const STREAM = 100;

/** A process of the orchestrator: the world as it sees it, which is gone for it once it is dead. */
export class Host {
  readonly world: World;
  readonly runner: SimRunner;
  readonly fileSystem: SimFileSystem;
  readonly clock: SimClock;
  readonly pid: number;
  readonly #machine: Machine;
  #state: 'alive' | 'closed' | 'dead' = 'alive';

  /** `number`: of the machine's orchestrator processes, this is the n-th. */
  constructor(machine: Machine, number: number, faults: FaultRates) {
    this.#machine = machine;
    this.pid = 1_000 + number;
    const { scheduler, disk, wall, locks, processes } = machine;
    const isAlive = (): boolean => this.isAlive;
    const stream = (n: number): Prng => new Prng(machine.seed, STREAM + 4 * number + n);
    this.fileSystem = new SimFileSystem({
      disk,
      scheduler,
      prng: stream(0),
      faults: new Faults(faults, stream(1)),
      isAlive,
      note: (call, path, how) => this.#note(call, path, how),
    });
    this.clock = new SimClock(scheduler, wall, isAlive);
    this.world = {
      fileSystem: this.fileSystem,
      clock: this.clock,
      random: new SimRandom(stream(2)),
      locks: locks.of({ pid: this.pid, startTime: String(number), isAlive }),
      pid: this.pid,
    };
    this.runner = new SimRunner({
      scheduler,
      processes,
      isAlive,
      behaviourOf: ({ run, task, attempt }) => machine.behaviourOf(run, task, attempt),
      starting: (attempt) => {
        this.#mustBeOpen(`starts ${attempt.task}`);
        machine.witness.starting(attempt);
      },
      adopted: ({ name }) => {
        machine.note(() => `${name.run} ${name.task}#${name.attempt} adopted`);
        machine.figures.adoptions++;
      },
      stopping: ({ run, task, attempt }, how) => {
        machine.note(() => `${run} ${task}#${attempt} ${how}`);
        this.#mustBeOpen(`stops ${task}`);
      },
    });
  }

  get isAlive(): boolean {
    return this.#state !== 'dead';
  }

  /** The orchestrator in it was closed: from now on it may change nothing. */
  closed(): void {
    this.#state = 'closed';
    if (this.fileSystem.openFiles > 0)
      this.#machine.violate(`${this.fileSystem.openFiles} files open after close`);
  }

  /** It is killed: what it had asked for may have been done or not, and nothing else of it happens. */
  die(): void {
    this.#state = 'dead';
    this.fileSystem.die();
  }

  #mustBeOpen(what: string): void {
    if (this.#state === 'closed') this.#machine.violate(`${what} after close`);
  }

  #note(call: FileCall, path: string, how: string): void {
    const { figures } = this.#machine;
    if (CHANGES.has(call)) this.#mustBeOpen(`${call} of ${path}`);
    if (SHOWN.has(call) || how !== '')
      this.#machine.note(() => `${this.pid} ${call} ${path} ${how}`);
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
