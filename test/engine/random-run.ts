import fc from 'fast-check';
import { expect } from 'vitest';
import { ON_FAILURE, TRIGGER_RULES } from '../../src/definition/spec.js';
import {
  type Decision,
  isRecord,
  type JournalRecord,
  type Run,
  type RunEvent,
} from '../../src/index.js';
import { snapshot } from '../../src/runtime/snapshot.js';
import type { ControlledAttempt } from '../support/controlled-runner.js';
import { EngineRig, type Sketch, sketch } from '../support/engine-rig.js';

/** How an attempt ends, and after how many turns of the event loop. */
const ending = fc.record({
  how: fc.constantFrom('succeed', 'succeed', 'succeed', 'fail', 'fatal'),
  turns: fc.nat({ max: 3 }),
});

const task = fc.record({
  needs: fc.array(fc.nat(), { maxLength: 3 }),
  trigger: fc.option(fc.constantFrom(...TRIGGER_RULES), { nil: undefined }),
  priority: fc.option(fc.integer({ min: -1, max: 1 }), { nil: undefined }),
  pool: fc.constantFrom(undefined, undefined, 'cloud'),
  maximumAttempts: fc.integer({ min: 1, max: 3 }),
  onInterrupted: fc.constantFrom('retry', 'hold', 'fail'),
  endings: fc.array(ending, { minLength: 1, maxLength: 3 }),
});

/** What is done to the run when so many attempts have begun. */
const disturbance = fc.record({
  after: fc.integer({ min: 1, max: 12 }),
  what: fc.constantFrom('restart', 'restart', 'stop', 'drain', 'cancel'),
});

/** A run of so many tasks. */
export const scenario = (min: number, max: number) =>
  fc.record({
    tasks: fc.array(task, { minLength: min, maxLength: max }),
    onFailure: fc.constantFrom(...ON_FAILURE),
    concurrency: fc.integer({ min: 1, max: 3 }),
    disturbances: fc.array(disturbance, { maxLength: 2 }),
    /** How what a restart takes over ends, one after another; and what held tasks are decided to be. */
    adopted: fc.array(fc.constantFrom('interrupted', 'interrupted', 'succeed', 'fail'), {
      minLength: 1,
      maxLength: 4,
    }),
    decisions: fc.array(fc.constantFrom<Decision[]>('rerun', 'done', 'fail'), {
      minLength: 1,
      maxLength: 3,
    }),
  });
export type Scenario = ReturnType<typeof scenario> extends fc.Arbitrary<infer T> ? T : never;

const CLOUD = 1;
/** Under these rules a task may start while others it needs have not ended. */
const IMPATIENT = /^(one_|always)/;

/** Runs a scenario to its end, and holds the engine to its promises at every step. */
export class RandomRun {
  readonly #scenario: Scenario;
  readonly #rig: EngineRig;
  readonly #tasks: Readonly<Record<string, Sketch>>;
  readonly #begun = new Set<string>();
  readonly #disturbances: Map<number, string>;
  readonly #records: JournalRecord[] = [];
  readonly #violations: unknown[] = [];
  #run: Run | undefined;
  #following: Promise<void> = Promise.resolve();
  #took = 0;
  #decided = 0;
  /** Grows with each restart: what an earlier process left has no say any more. */
  #generation = 0;
  #wanted: string | undefined;
  #wake: (() => void) | undefined;

  private constructor(given: Scenario, rig: EngineRig) {
    this.#scenario = given;
    this.#rig = rig;
    this.#tasks = sketches(given);
    this.#disturbances = new Map(given.disturbances.map(({ after, what }) => [after, what]));
    rig.clock.measure = () => performance.now(); // tasks shorter than a sync may be started ahead
    rig.runner.onStart = (attempt) => this.#began(attempt);
  }

  static async play(given: Scenario): Promise<void> {
    const { concurrency } = given;
    const rig = await EngineRig.open({ concurrency, pools: { cloud: { concurrency: CLOUD } } });
    try {
      await new RandomRun(given, rig).#play();
    } finally {
      await rig.dispose();
    }
  }

  async #play(): Promise<void> {
    const { onFailure } = this.#scenario;
    this.#follow(await this.#rig.start(sketch(this.#tasks), { onFailure }));
    for (
      let what = await this.#nextDisturbance();
      what !== undefined;
      what = await this.#nextDisturbance()
    )
      await this.#disturb(what);
    await this.run.ended;
    await this.#following;
    expect(this.#violations).toEqual([]);
    await this.#checkEnd();
  }

  get run(): Run {
    return this.#run as Run;
  }

  /** What is to be done to the run; undefined when it ended. */
  async #nextDisturbance(): Promise<string | undefined> {
    const wanted = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    if (this.#wanted === undefined) await Promise.race([this.run.ended.catch(() => {}), wanted]);
    const what = this.#wanted;
    this.#wanted = undefined;
    return what;
  }

  /** Takes in all records that were not seen yet. */
  #follow(run: Run): void {
    this.#run = run;
    run.on('*', (event) => this.#hold(() => this.#checkDurable(event)));
    this.#following = this.#hold(async () => {
      for await (const event of run.events({ from: this.#records.length + 1 }))
        if (isRecord(event)) this.#see(event);
    });
    for (const { id, status } of run.snapshot().tasks)
      if (status === 'interrupted') this.#decide(id);
  }

  /** Notes what does not hold: thrown where the engine calls, it would just fail an attempt. */
  async #hold(check: () => void | Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      this.#violations.push(error);
    }
  }

  // --- What the engine does ---

  #began(attempt: ControlledAttempt): void {
    const generation = this.#generation;
    if (!attempt.adopted) void this.#hold(() => this.#checkStart(attempt));
    const { how, turns } = attempt.adopted ? this.#adoptedEnding() : this.#ending(attempt);
    attempt.onStop = () => soon(1, () => attempt.fail('E_STOPPED'));
    soon(turns, () => {
      if (generation !== this.#generation || attempt.isOver) return;
      if (how === 'succeed') attempt.succeed([attempt.task, attempt.attempt]);
      else if (how === 'interrupted') attempt.interrupted();
      else attempt.fail(how === 'fatal' ? 'E_FATAL' : 'E_TEST');
    });
    const what = this.#disturbances.get(this.#begun.size);
    if (what === undefined) return;
    this.#disturbances.delete(this.#begun.size);
    this.#wanted = what;
    this.#wake?.();
  }

  #see(record: JournalRecord): void {
    this.#records.push(record);
    if (record.type === 'task.interrupted' && record.next === 'hold') this.#decide(record.task);
  }

  #decide(task: string): void {
    const { decisions } = this.#scenario;
    const decision = decisions[this.#decided++ % decisions.length] as Decision;
    // Refused when the run starts nothing more, or was cancelled meanwhile: then it is failed, or over.
    this.run.decide(task, decision).catch(() => this.run.decide(task, 'fail').catch(() => {}));
  }

  #ending({ task, attempt }: ControlledAttempt): { how: string; turns: number } {
    const { endings } = this.#scenario.tasks[Number(task.slice(1))] as Scenario['tasks'][number];
    return endings[(attempt - 1) % endings.length] as { how: string; turns: number };
  }

  #adoptedEnding(): { how: string; turns: number } {
    const { adopted } = this.#scenario;
    return { how: adopted[this.#took++ % adopted.length] as string, turns: 1 };
  }

  // --- What happens to it ---

  async #disturb(what: string): Promise<void> {
    if (what === 'cancel') {
      this.run.cancel().catch(() => {}); // it may be closed before it has ended
      return;
    }
    if (what !== 'restart') await this.#rig.orchestrator.close({ mode: what as 'stop' | 'drain' });
    this.#generation++;
    await this.#rig.restart();
    await this.#following;
    this.#follow(await this.#rig.orchestrator.resume('r'));
  }

  // --- What it must hold ---

  #checkDurable(event: RunEvent): void {
    if (isRecord(event)) expect(this.#rig.durableText()).toContain(`{"seq":${event.seq},`);
  }

  #checkStart(attempt: ControlledAttempt): void {
    const name = `${attempt.task} ${attempt.attempt}`;
    expect(this.#begun.has(name), `${name} runs a second time`).toBe(false);
    this.#begun.add(name);
    const { running } = this.#rig.runner;
    expect(running.filter(({ task: other }) => other === attempt.task)).toEqual([attempt]);
    expect(this.#rig.durableText()).toContain(
      `"task.started","task":"${attempt.task}","attempt":${attempt.attempt}`,
    );
    const pool = this.#tasks[attempt.task]?.pool;
    const inPool = running.filter(
      (other) => !other.adopted && this.#tasks[other.task]?.pool === pool,
    );
    expect(inPool.length).toBeLessThanOrEqual(
      pool === undefined ? this.#scenario.concurrency : CLOUD,
    );
    this.#checkNeeds(attempt.task);
  }

  #checkNeeds(id: string): void {
    const { needs = [], trigger = 'all_success' } = this.#tasks[id] as Sketch;
    const statuses = new Map(
      this.#rig.orchestrator
        .get('r')
        ?.snapshot()
        .tasks.map((other) => [other.id, other.status]),
    );
    for (const need of needs) {
      const status = statuses.get(need) ?? 'pending';
      if (trigger === 'all_success') expect(status).toBe('succeeded');
      if (!IMPATIENT.test(trigger)) expect(TERMINAL).toContain(status);
    }
  }

  async #checkEnd(): Promise<void> {
    const records = await this.#rig.records();
    expect(this.#records).toEqual(records);
    const folded = await this.#rig.folded();
    const { progress, ...live } = this.run.snapshot();
    const { progress: onDisk, ...refolded } = snapshot(folded);
    expect(live).toEqual(refolded);
    expect(onDisk).toMatchObject({ done: onDisk.total, running: 0 });
    expect(progress).toEqual(onDisk);
    for (const { status } of live.tasks) expect(TERMINAL).toContain(status);
    expect((await this.run.result).status).toBe(live.status);
    this.#checkStartsOnRecord(records);
  }

  /** What was started on record has run, or the record says that it did not. */
  #checkStartsOnRecord(records: readonly JournalRecord[]): void {
    for (const record of records) {
      if (record.type !== 'task.started' || this.#begun.has(`${record.task} ${record.attempt}`))
        continue;
      const next = records.find(
        (other) => other.seq > record.seq && 'task' in other && other.task === record.task,
      );
      expect(['task.interrupted', 'task.cancelled', 'task.failed', 'task.succeeded']).toContain(
        next?.type,
      );
    }
  }
}

const TERMINAL = ['succeeded', 'failed', 'skipped', 'upstreamFailed', 'cancelled'];

function sketches({ tasks }: Scenario): Record<string, Sketch> {
  return Object.fromEntries(
    tasks.map(({ needs, maximumAttempts, endings: _, ...options }, i) => {
      const earlier = i === 0 ? [] : needs.map((n) => `t${n % i}`);
      const retry = { maximumAttempts, initialInterval: 0, nonRetryableErrors: ['E_FATAL'] };
      return [`t${i}`, { ...options, needs: earlier, retry }];
    }),
  );
}

/** Some turns of the event loop later. */
function soon(turns: number, run: () => void): void {
  if (turns === 0) run();
  else setImmediate(() => soon(turns - 1, run));
}
