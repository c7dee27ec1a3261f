import { Damage } from './damage.js';
import type { Figures } from './figures.js';
import { Prng } from './prng.js';
import { afterMicrotasks, Scheduler } from './scheduler.js';
import { WallClock } from './sim-clock.js';
import { SimDisk } from './sim-disk.js';
import { LockTable } from './sim-locks.js';
import { type SimProcess, SimProcesses } from './sim-processes.js';
import { Witness } from './witness.js';

/** The orchestrator's data directory on a simulated disk. */
export const DATA_DIR = '/var/nuflow';

/** Streams of chance, so that one kind of choice does not shift another. */
const STREAMS = { disk: 2, processes: 3, clock: 4 } as const;

/** Where a simulated machine's clock begins: 2026-01-02. */
const BEGINNING = Date.UTC(2026, 0, 2, 3, 4, 5);

/** How a simulation is watched. */
export interface Watch {
  /** Takes a line of what happens; none costs nothing. */
  readonly trace?: ((line: string) => void) | undefined;
  /** See {@link Scheduler}. */
  readonly settle?: (() => Promise<void>) | undefined;
}

/** A machine: what outlives the orchestrator's process, and who watches it. */
export class Machine {
  readonly scheduler: Scheduler;
  readonly disk = new SimDisk();
  readonly wall: WallClock;
  readonly locks: LockTable;
  readonly processes: SimProcesses;
  readonly witness: Witness;
  readonly damage: Damage;
  readonly figures: Figures;
  readonly seed: number;
  /** The first promise that was broken. */
  violation: string | undefined;
  readonly #watch: Watch;
  readonly #disk: Prng;
  readonly #clock: Prng;

  constructor(seed: number, figures: Figures, watch: Watch = {}) {
    this.seed = seed;
    this.figures = figures;
    this.#watch = watch;
    this.#disk = new Prng(seed, STREAMS.disk);
    this.#clock = new Prng(seed, STREAMS.clock);
    this.scheduler = new Scheduler(watch.settle ?? afterMicrotasks);
    this.wall = new WallClock(this.scheduler, BEGINNING);
    this.processes = new SimProcesses(this.scheduler, new Prng(seed, STREAMS.processes), {
      began: (process) => this.#began(process),
      ended: (process, how) => this.#ended(process, how),
    });
    this.locks = new LockTable(() => this.processes.bootId);
    this.witness = new Witness({
      durable: (run, name) => this.disk.durable(`${runDir(run)}/${name}`),
      now: () => this.wall.now,
      time: () => this.scheduler.time,
      processes: this.processes,
      violate: (what) => this.violate(what),
    });
    this.damage = new Damage(this);
  }

  /** A journal is damaged where it was safe. */
  strike(): void {
    this.damage.strike(this.#clock);
  }

  violate(what: string): void {
    this.note(() => `VIOLATION ${what}`);
    this.violation ??= what;
  }

  /** Adds to the trace. */
  note(line: () => string): void {
    this.#watch.trace?.(`${this.scheduler.time.toFixed(2)} ${line()}`);
  }

  /** Power is lost and comes back some time later. */
  crash(): void {
    this.note(() => 'MACHINE CRASH');
    this.figures.machineCrashes++;
    this.disk.crash(this.#disk);
    this.processes.reboot();
    this.scheduler.pass(this.#clock.spread(1_000, 10_000_000));
  }

  /** The wall clock is set, up to a day on or back. */
  jump(): void {
    const ms = this.#clock.spread(1, 86_400_000) * this.#clock.pick([-1, 1]);
    this.note(() => `clock jumps ${ms}`);
    this.figures.jumps++;
    this.witness.clockJumped = true;
    this.wall.jump(ms);
  }

  #began(process: SimProcess): void {
    const { name, identity, keeper } = process;
    this.note(() => `${name.dir} begins as ${identity.pid} of ${keeper}`);
    this.figures.attempts++;
    this.witness.began(process);
  }

  #ended(process: SimProcess, how: string): void {
    this.note(() => `${process.name.dir} ${how}`);
    this.witness.ended(process);
  }
}

/** Folder of a run. */
export function runDir(run: string): string {
  return `${DATA_DIR}/runs/${run}`;
}
