import { workflowFromSpec } from '../../src/definition/data.js';
import type { Workflow } from '../../src/definition/workflow.js';
import { DataDirLockedError, NuflowError } from '../../src/errors.js';
import { isRecord, type RunEvent } from '../../src/events.js';
import { Orchestrator } from '../../src/orchestrator.js';
import type { CloseMode } from '../../src/run/close-mode.js';
import type { Run } from '../../src/run/run.js';
import type { Host } from './host.js';
import { DATA_DIR, type Machine } from './machine.js';
import type { LifePlan, Scenario, Wanted } from './scenario.js';
import { never } from './sim-file-system.js';
import { POOL } from './workflows.js';

/** Little, so that a seed costs little; a full disk takes it away all the same. */
const RESERVE_BYTES = 512;
const BY_FAULT = /^NUFLOW_(?:JOURNAL_|DISK_FULL$)/;

/** One who uses the orchestrator through its API for the life of one process, as a careful program would. */
export class Client {
  readonly #machine: Machine;
  readonly #host: Host;
  readonly #scenario: Scenario;
  readonly #plan: LifePlan;
  readonly #number: number;
  readonly #watched = new Map<string, Run>();
  #opening: Promise<Orchestrator | undefined> = Promise.resolve(undefined);
  #closing = false;

  constructor(machine: Machine, host: Host, scenario: Scenario, number: number) {
    this.#machine = machine;
    this.#host = host;
    this.#scenario = scenario;
    this.#plan = scenario.lives[number] as LifePlan;
    this.#number = number;
  }

  /** Opens, goes on with what is there, starts what is wanted, and waits until all has ended. */
  async work(): Promise<void> {
    this.#opening = this.#open();
    const orchestrator = await this.#mine(this.#opening);
    if (orchestrator === undefined) return;
    for (const { run, afterMs } of this.#plan.cancels)
      this.#host.clock.after(afterMs, () => void this.#cancel(orchestrator, run));
    const resumed = await this.#try('resumeAll', orchestrator.resumeAll());
    for (const { id, error } of resumed?.refused ?? []) this.#expected(`resume of ${id}`, error);
    const ends = (resumed?.runs ?? []).map((run) => this.#watch(orchestrator, run));
    const wanted = this.#scenario.wanted.filter(({ life }) => life <= this.#number);
    await Promise.all([...ends, ...wanted.map((run) => this.#start(orchestrator, run))]);
  }

  /** Closes the orchestrator, by whatever it has got to. */
  async close(mode: CloseMode): Promise<void> {
    this.#closing = true;
    const orchestrator = await this.#mine(this.#opening);
    await this.#try('close', orchestrator?.close({ mode }) ?? Promise.resolve());
    this.#host.closed();
  }

  /** Cancels what waits for a decision that nobody will make. */
  async cancelHeld(runs: readonly string[]): Promise<void> {
    const orchestrator = await this.#mine(this.#opening);
    if (orchestrator !== undefined)
      await Promise.all(runs.map((run) => this.#cancel(orchestrator, run)));
  }

  /** Holds the live states of all runs against the disk. */
  compare(): void {
    for (const run of this.#watched.values()) this.#machine.witness.compare(run);
  }

  async #open(): Promise<Orchestrator | undefined> {
    const { poolSize, graceMs } = this.#scenario;
    return this.#try(
      'open',
      Orchestrator.open({
        dataDir: DATA_DIR,
        baseDir: '/',
        world: this.#host.world,
        runners: { sim: this.#host.runner },
        concurrency: this.#plan.concurrency,
        pools: { [POOL]: { concurrency: poolSize } },
        grace: graceMs,
        reserveBytes: RESERVE_BYTES,
      }),
    );
  }

  async #start(orchestrator: Orchestrator, wanted: Wanted): Promise<void> {
    const { id, workflow, input } = wanted;
    const started = orchestrator.start(workflowFromSpec(workflow) as Workflow, { id, input });
    const run = await this.#try(`start of ${id}`, started);
    if (run === undefined) return;
    this.#machine.witness.acknowledged(id);
    await this.#watch(orchestrator, run);
  }

  async #watch(orchestrator: Orchestrator, run: Run): Promise<void> {
    if (this.#watched.get(run.id) === run) return;
    this.#watched.set(run.id, run);
    let next = run.snapshot().seq + 1;
    run.on('*', (event: RunEvent) => {
      if (!this.#host.isAlive) return;
      if (isRecord(event) && event.seq !== next++)
        this.#machine.violate(`${run.id}: event ${event.seq} came instead of ${next - 1}`);
      this.#machine.witness.event(run.id, event);
    });
    const result = await this.#try(`result of ${run.id}`, run.result);
    this.#machine.witness.compare(run);
    if (result !== undefined) this.#machine.witness.finished(run.id, result.status);
    else if (!this.#closing) await this.#goOn(orchestrator, run.id);
  }

  /** The run stopped because its journal failed: it can be resumed by the same process. */
  async #goOn(orchestrator: Orchestrator, id: string): Promise<void> {
    const run = await this.#try(`resume of ${id}`, orchestrator.resume(id));
    if (run !== undefined) await this.#watch(orchestrator, run);
  }

  async #cancel(orchestrator: Orchestrator, id: string): Promise<void> {
    this.#machine.note(() => `cancel ${id}`);
    this.#machine.figures.cancels++;
    await this.#try(`cancel of ${id}`, orchestrator.cancel(id));
  }

  /** What a call gives to a living process; undefined when it failed as it may. */
  async #try<T>(what: string, call: Promise<T>): Promise<T | undefined> {
    try {
      return await this.#mine(call);
    } catch (error) {
      this.#expected(what, error);
      return undefined;
    }
  }

  /** A dead process learns nothing. */
  async #mine<T>(call: Promise<T>): Promise<T> {
    try {
      const value = await call;
      return this.#host.isAlive ? value : await never();
    } catch (error) {
      if (!this.#host.isAlive) await never();
      throw error;
    }
  }

  #expected(what: string, error: unknown): void {
    const { code, stack } = error as NodeJS.ErrnoException;
    this.#machine.note(() => `${what}: ${String(error)}`);
    const { failure, failedSync, full } = this.#plan.faults;
    const byFault = failure > 0 || failedSync > 0 || full !== undefined;
    if (byFault && (!(error instanceof NuflowError) || BY_FAULT.test(code ?? ''))) return;
    if (this.#closing && (code === 'NUFLOW_CLOSED' || code === 'NUFLOW_RUN_UNFINISHED')) return;
    if (code === 'NUFLOW_RUN_NOT_FOUND' && (byFault || what.startsWith('cancel'))) return;
    if (error instanceof DataDirLockedError && what === 'a second open') return;
    this.#machine.violate(`${what}: ${stack ?? String(error)}`);
  }
}
