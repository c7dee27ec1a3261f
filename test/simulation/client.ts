import { workflowFromSpec } from '../../src/definition/data.js';
import type { Workflow } from '../../src/definition/workflow.js';
import type { CloseMode } from '../../src/engine/commands/close-mode.js';
import { NuflowError } from '../../src/errors.js';
import { DECISIONS, type RecordOf } from '../../src/journal/records/record.js';
import { Orchestrator } from '../../src/runtime/orchestrator.js';
import type { Run } from '../../src/runtime/run.js';
import { SOUND } from './faults.js';
import { Host } from './host.js';
import { DATA_DIR, type Machine } from './machine.js';
import type { LifePlan, Scenario, Wanted } from './scenario.js';
import { never } from './sim-file-system.js';
import { visit } from './visit.js';
import { watchEvents } from './watch-events.js';
import { POOL } from './workflows.js';

/** Little, so that a seed costs little; a full disk takes it away all the same. */
const RESERVE_BYTES = 512;

/** One who uses the orchestrator through its API for the life of one process, as a careful program would. */
export class Client {
  readonly #machine: Machine;
  readonly #host: Host;
  readonly #scenario: Scenario;
  readonly #plan: LifePlan;
  readonly #number: number;
  readonly #watched = new Map<string, Run>();
  readonly #visitors: Host[] = [];
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
    this.#schedule(orchestrator);
    const resumed = await this.#try('resumeAll', orchestrator.resumeAll());
    for (const { id, error } of resumed?.refused ?? []) this.#expected(`resume of ${id}`, error);
    for (const { id } of resumed?.runs ?? []) this.#mustBeWhole(id);
    const ends = (resumed?.runs ?? []).map((run) => this.#watch(orchestrator, run));
    const wanted = this.#scenario.wanted.filter((run) => this.#asksFor(run));
    await Promise.all([...ends, ...wanted.map((run) => this.#start(orchestrator, run))]);
    await this.#checkList(orchestrator);
  }

  /** Runs are asked for until they are acknowledged, and some once more. */
  #asksFor({ id, life }: Wanted): boolean {
    if (life > this.#number) return false;
    return !this.#machine.witness.isAcknowledged(id) || this.#host.prng.chance(0.3);
  }

  /** Closes the orchestrator, by whatever it has got to. */
  async close(mode: CloseMode): Promise<void> {
    this.#closing = true;
    const orchestrator = await this.#mine(this.#opening);
    await this.#try('close', orchestrator?.close({ mode }) ?? Promise.resolve());
    this.#host.closed();
  }

  /** Ends what waits for a person: by a decision about each held task, or by cancelling the run. */
  async settle(runs: readonly string[]): Promise<void> {
    const orchestrator = await this.#mine(this.#opening);
    if (orchestrator === undefined) return;
    await Promise.all(
      runs.map(async (run) => {
        if (this.#host.prng.chance(0.3)) await this.#cancel(orchestrator, run);
        else
          for (const task of this.#machine.witness.log(run).held)
            await this.#decide(orchestrator, run, task);
      }),
    );
  }

  /** Its life is over, and with it those of its visitors. */
  die(): void {
    for (const host of [this.#host, ...this.#visitors]) host.die();
  }

  /** Holds the live states of all runs against the disk. */
  compare(): void {
    for (const run of this.#watched.values()) this.#machine.witness.compare(run);
  }

  #open(): Promise<Orchestrator | undefined> {
    const { poolSize, graceMs } = this.#scenario;
    return this.#try(
      'open',
      Orchestrator.open({
        dataDir: DATA_DIR,
        baseDir: '/',
        platform: this.#host.platform,
        runners: this.#host.runners,
        concurrency: this.#plan.concurrency,
        pools: { [POOL]: { concurrency: poolSize } },
        grace: graceMs,
        reserveBytes: RESERVE_BYTES,
      }),
    );
  }

  #schedule(orchestrator: Orchestrator): void {
    const { clock, pid, prng } = this.#host;
    for (const { run, afterMs } of this.#plan.cancels)
      clock.after(afterMs, () => void this.#cancel(orchestrator, run));
    for (const afterMs of this.#plan.visits)
      clock.after(afterMs, () => {
        const isOpen = (): boolean => this.#host.isAlive && !this.#closing;
        const visitor = new Host(this.#machine, 500 + prng.between(0, 400), SOUND);
        this.#visitors.push(visitor);
        void visit(this.#machine, visitor, { pid, isOpen });
      });
  }

  async #start(orchestrator: Orchestrator, wanted: Wanted): Promise<void> {
    const { id, workflow, input } = wanted;
    const start = (): Promise<Run | undefined> => {
      const started = orchestrator.start(workflowFromSpec(workflow) as Workflow, { id, input });
      return this.#try(`start of ${id}`, started);
    };
    const again = this.#host.prng.chance(0.1) ? start() : undefined;
    const run = await start();
    const same = await (again ?? run);
    if (run === undefined) return;
    this.#mustBeWhole(id);
    this.#machine.witness.acknowledged(id);
    const isOver = ENDED.test(run.snapshot().status); // who asks for one that is over is given it anew
    if (same !== undefined && same !== run && !isOver && this.#plan.isSound)
      this.#machine.violate(`${id}: two starts at once gave two runs`);
    await this.#watch(orchestrator, run);
  }

  async #watch(orchestrator: Orchestrator, run: Run): Promise<void> {
    if (this.#watched.get(run.id) === run) return;
    this.#watched.set(run.id, run);
    run.on('task.interrupted', (event) => this.#onInterrupted(orchestrator, run, event));
    const events = this.#try(`events of ${run.id}`, watchEvents(this.#machine, this.#host, run));
    const result = await this.#try(`result of ${run.id}`, run.result);
    this.#machine.witness.compare(run);
    if (result !== undefined) this.#machine.witness.finished(run.id, result.status);
    await events;
    if (result === undefined && !this.#closing) await this.#goOn(orchestrator, run.id);
  }

  /** The run stopped because its journal failed: it can be resumed by the same process. */
  async #goOn(orchestrator: Orchestrator, id: string): Promise<void> {
    const run = await this.#try(`resume of ${id}`, orchestrator.resume(id));
    if (run !== undefined) await this.#watch(orchestrator, run);
  }

  /** Some held tasks are decided about as soon as they are, others later. */
  #onInterrupted(
    orchestrator: Orchestrator,
    run: Run,
    { task, next }: RecordOf<'task.interrupted'>,
  ): void {
    const { prng, clock, isAlive } = this.#host;
    if (!isAlive || next !== 'hold' || prng.chance(0.5)) return;
    clock.after(prng.spread(1, 500), () => void this.#decide(orchestrator, run.id, task));
  }

  async #decide(orchestrator: Orchestrator, run: string, task: string): Promise<void> {
    const decision = this.#host.prng.pick(DECISIONS);
    const output = decision === 'done' ? { output: { from: 'a person' } } : {};
    this.#machine.note(() => `decide ${run} ${task}: ${decision}`);
    this.#machine.figures.decisions++;
    await this.#try(`decision about ${run}`, orchestrator.decide(run, task, decision, output));
  }

  async #cancel(orchestrator: Orchestrator, id: string): Promise<void> {
    this.#machine.note(() => `cancel ${id}`);
    this.#machine.figures.cancels++;
    await this.#try(`cancel of ${id}`, orchestrator.cancel(id));
  }

  /** What is damaged is refused, not guessed. */
  #mustBeWhole(run: string): void {
    if (this.#machine.damage.has(run)) this.#machine.violate(`${run} is damaged, and was opened`);
  }

  /** What is listed as over is over, and the other way round. */
  async #checkList(orchestrator: Orchestrator): Promise<void> {
    if (!this.#plan.isSound) return;
    for (const { id, status } of (await this.#try('list', orchestrator.list())) ?? []) {
      if (this.#machine.damage.has(id)) continue;
      const known = this.#machine.witness.log(id).status;
      if (this.#watched.has(id) && status !== known && (ENDED.test(status) || ENDED.test(known)))
        this.#machine.violate(`${id} is listed as ${status}, but is ${known}`);
    }
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

  #isRefusal(what: string, code: string): boolean {
    const run = this.#scenario.wanted.find(({ id }) => what.endsWith(` of ${id}`))?.id;
    if (run === undefined || !this.#machine.damage.has(run) || !DAMAGED.test(code)) return false;
    this.#machine.figures.refusals++;
    return true;
  }

  #expected(what: string, error: unknown): void {
    const { code = '', stack } = error as NodeJS.ErrnoException;
    this.#machine.note(() => `${what}: ${String(error)}`);
    const byFault = !this.#plan.isSound;
    if (this.#isRefusal(what, code)) return;
    if (byFault && (!(error instanceof NuflowError) || BY_FAULT.test(code))) return;
    if (this.#closing && (code === 'NUFLOW_CLOSED' || code === 'NUFLOW_RUN_UNFINISHED')) return;
    if (code === 'NUFLOW_RUN_NOT_FOUND' && (byFault || what.startsWith('cancel'))) return;
    if (what.startsWith('decision') && LATE_DECISION.test(code)) return;
    this.#machine.violate(`${what}: ${stack ?? String(error)}`);
  }
}

const ENDED = /^(succeeded|failed|cancelled)$/;
const BY_FAULT = /^NUFLOW_(DATA_DIR|JOURNAL_(READ|WRITE)|OUTPUT_FILE|RUN_UNFINISHED|DISK_FULL)$/;
const DAMAGED = /^NUFLOW_JOURNAL_(DAMAGED|FORMAT)$/;
const LATE_DECISION = /^NUFLOW_(NOT_HELD|RERUN_REFUSED)$/;
