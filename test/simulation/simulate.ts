import { Client } from './client.js';
import { hasEnded } from './durable-log.js';
import type { Figures } from './figures.js';
import { Host } from './host.js';
import { Machine, type Watch } from './machine.js';
import { Prng } from './prng.js';
import { type LifePlan, randomScenario, type Scenario } from './scenario.js';
import type { Setting } from './witness.js';
import { POOL } from './workflows.js';

/** More would be a run that never ends. */
const MAX_STEPS = 100_000;

/** More would be a run that can't be decided. */
const MAX_ROUNDS = 50;

/** Steps that a process lives on after its orchestrator was closed. */
const LINGERS = 50;

/** Runs one seed. Gives the promise that was broken, undefined when all were kept. */
export async function simulate(
  seed: number,
  figures: Figures,
  watch: Watch = {},
): Promise<string | undefined> {
  const machine = new Machine(seed, figures, watch);
  const scenario = randomScenario(new Prng(seed));
  machine.note(() => JSON.stringify(scenario));
  for (let number = 0; number < scenario.lives.length; number++) {
    if (machine.violation !== undefined) break;
    await new Life(machine, scenario, number).live();
    if (scenario.lives[number]?.damages) machine.strike();
    machine.damage.check();
  }
  figures.seeds++;
  figures.steps += machine.scheduler.steps;
  for (const run of machine.witness.runs) figures.records += machine.witness.log(run).lines.length;
  return machine.violation;
}

/** One process of the orchestrator, from its start to its end. */
class Life {
  readonly #machine: Machine;
  readonly #scenario: Scenario;
  readonly #plan: LifePlan;
  readonly #host: Host;
  readonly #client: Client;
  readonly #prng: Prng;
  readonly #setting: Setting;

  constructor(machine: Machine, scenario: Scenario, number: number) {
    this.#machine = machine;
    this.#scenario = scenario;
    this.#plan = scenario.lives[number] as LifePlan;
    this.#host = new Host(machine, number, this.#plan.faults);
    this.#client = new Client(machine, this.#host, scenario, number);
    this.#prng = new Prng(machine.seed, 10 + number);
    const { concurrency, isSound } = this.#plan;
    this.#setting = {
      pid: this.#host.pid,
      limits: new Map([
        ['', concurrency],
        [POOL, scenario.poolSize],
      ]),
      graceMs: scenario.graceMs,
      isUndisturbed: isSound,
    };
  }

  async live(): Promise<void> {
    const { figures } = this.#machine;
    figures.lives++;
    this.#machine.witness.setting = this.#setting;
    this.#machine.note(() => `LIFE ${JSON.stringify({ ...this.#plan, wanted: undefined })}`);
    const work = this.#watch(this.#client.work());
    let doing = work;
    for (const { afterSteps, cut } of this.#plan.cuts) {
      await this.#go(doing, afterSteps);
      if (!this.#host.isAlive) return this.#crash(this.#plan.diesWith);
      if (cut.kind !== 'close') return this.#crash(cut.kind);
      figures.closes++;
      this.#setting.isUndisturbed = false;
      this.#machine.note(() => `CLOSE ${cut.mode}`);
      if (cut.mode === 'stop') this.#machine.witness.stopsAsked = true;
      doing = this.#watch(this.#client.close(cut.mode));
      await this.#machine.scheduler.settle();
    }
    await this.#go(doing, MAX_STEPS);
    if (!this.#host.isAlive) return this.#crash(this.#plan.diesWith);
    if (this.#plan.cuts.length === 0) await this.#toTheEnd(work);
    else await this.#go({ done: false }, LINGERS);
    this.#end();
  }

  /** Lets things happen until the work is done, nothing more happens, or the steps are used up. */
  async #go(work: Watched, steps: number): Promise<void> {
    const { scheduler } = this.#machine;
    await scheduler.settle();
    for (let left = steps; left > 0; left--) {
      if (work.done || !this.#host.isAlive || this.#machine.violation !== undefined) return;
      if (this.#prng.chance(this.#plan.jumps)) this.#machine.jump();
      if (!(await scheduler.step())) return;
    }
    if (steps === MAX_STEPS) this.#machine.violate('it goes on and on');
  }

  #watch(promise: Promise<void>): Watched {
    const watched = { done: false };
    promise.then(
      () => {
        watched.done = true;
      },
      (error: Error) => this.#machine.violate(`the client failed: ${error.stack}`),
    );
    return watched;
  }

  #crash(kind: 'process' | 'machine'): void {
    this.#client.compare();
    this.#client.die();
    if (kind === 'machine') this.#machine.crash();
    else {
      this.#machine.note(() => 'PROCESS CRASH');
      this.#machine.figures.processCrashes++;
    }
    this.#machine.witness.startAgain();
  }

  /** The last life: whatever is not held for a decision has ended. */
  async #toTheEnd(work: Watched): Promise<void> {
    // Deciding about one task can have another held.
    for (let rounds = 0; rounds < MAX_ROUNDS && !work.done; rounds++) {
      const held = this.#unfinished().filter((run) => this.#isHeld(run));
      this.#machine.figures.held += held.length;
      await this.#go(this.#watch(this.#client.settle(held)), MAX_STEPS);
      await this.#go(work, MAX_STEPS);
    }
    if (!work.done) this.#machine.violate('it stands still');
    for (const run of this.#unfinished()) this.#machine.violate(`${run}: never ended`);
    const closing = this.#watch(this.#client.close('drain'));
    await this.#go(closing, MAX_STEPS);
    if (!closing.done) this.#machine.violate('close stands still');
  }

  #unfinished(): string[] {
    const { witness } = this.#machine;
    return this.#scenario.wanted
      .map(({ id }) => id)
      .filter((run) => !this.#machine.damage.has(run))
      .filter((run) => ['running', 'cancelling'].includes(witness.log(run).status));
  }

  #isHeld(run: string): boolean {
    const facts = [...this.#machine.witness.log(run).tasks.values()].filter((it) => !hasEnded(it));
    return (
      facts.some(({ status }) => status === 'interrupted') &&
      facts.every(({ status }) => status === 'interrupted' || status === 'pending')
    );
  }

  #end(): void {
    this.#client.compare();
    this.#client.die();
    this.#machine.witness.startAgain();
  }
}

interface Watched {
  readonly done: boolean;
}
