import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from '../../src/definition/json.js';
import type { TaskSpec } from '../../src/definition/spec.js';
import type { JournalRecord } from '../../src/journal/records/record.js';
import type { Attempt } from '../../src/runners/runner.js';
import { verdict } from '../../src/scheduler/trigger-rules.js';
import type { DurableLog } from './durable-log.js';
import type { SimProcess } from './sim-processes.js';
import type { Scene, Witness } from './witness.js';

/** Crashes in a row after which a task is held. */
const MAX_CRASHES = 5;

/** What an attempt may take to be gone after its timeout and grace, ms: its end is told a little later. */
const SLACK_MS = 5;

/** When attempts may start, where they may be, and how long: held against what is on disk. */
export class AttemptRules {
  readonly #scene: Scene;
  readonly #witness: Witness;

  constructor(scene: Scene, witness: Witness) {
    this.#scene = scene;
    this.#witness = witness;
  }

  /** The code of an attempt is about to run. */
  starting({ run, task, attempt, dir, with: settings }: Attempt): void {
    const log = this.#witness.log(run);
    const facts = log.facts(task);
    if (facts.status !== 'running' || facts.attempt !== attempt)
      this.#violate(dir, `runs, but on disk it is ${facts.status}#${facts.attempt}`);
    const spec = log.spec(task);
    if (spec === undefined) {
      this.#violate(dir, 'is of no workflow on disk');
      return;
    }
    if (!needsAllow(spec, log)) this.#violate(dir, 'runs before what it needs is on disk');
    if (!isDeepStrictEqual(settings, this.#expected(spec, log)))
      this.#violate(dir, `was given ${JSON.stringify(settings).slice(0, 300)}`);
    if (attempt > 1) this.#mayRepeat(log, task, attempt - 1, `${dirname(dir)}/${attempt - 1}`);
  }

  /** A probe is about to be asked. */
  probing({ run, task, attempt, dir }: Attempt): void {
    const { status, attempt: known } = this.#witness.log(run).facts(task);
    if (status !== 'probing' || known !== attempt)
      this.#violate(dir, `is asked, but on disk it is ${status}#${known}`);
  }

  /** An attempt has become a process. */
  began({ name, identity, keeper }: SimProcess): void {
    const { setting } = this.#witness;
    const pool = this.#poolOf(name.run, name.task);
    let inPool = 0;
    for (const other of this.#scene.processes.alive) {
      const isSame = other.name.run === name.run && other.name.task === name.task;
      if (isSame && other.identity !== identity)
        this.#violate(name.dir, `runs beside ${other.name.dir}`);
      if (other.keeper !== keeper || isProbe(other.name)) continue;
      if (this.#poolOf(other.name.run, other.name.task) === pool) inPool++;
    }
    if (setting === undefined || !setting.isUndisturbed || keeper !== setting.pid) return;
    const limit = setting.limits.get(pool) ?? 0;
    // What was begun before, and probes, go on whether or not there is a slot.
    if (!isProbe(name) && inPool > limit)
      this.#violate(name.dir, `is number ${inPool} in pool ${pool || 'main'}, which has ${limit}`);
  }

  /** A process has ended. */
  ended({ name, keeper, keptSince }: SimProcess): void {
    const { setting } = this.#witness;
    const timeoutMs = this.#witness.log(name.run).spec(name.task)?.timeoutMs;
    if (timeoutMs === undefined || keeper !== setting?.pid || !setting.isUndisturbed) return;
    const tookMs = this.#scene.time() - keptSince;
    if (tookMs > timeoutMs + setting.graceMs + SLACK_MS)
      this.#violate(name.dir, `took ${tookMs} ms, with a timeout of ${timeoutMs}`);
  }

  /** A record was emitted. */
  recorded(run: string, record: JournalRecord): void {
    if (record.type === 'run.finished') this.#nothingLeft(run, undefined, record.type);
    if (!('task' in record) || record.type === 'task.started' || record.type === 'task.spawned')
      return;
    this.#nothingLeft(run, record.task, record.type);
  }

  #nothingLeft(run: string, task: string | undefined, type: string): void {
    for (const { name } of this.#scene.processes.alive)
      if (name.run === run && (task === undefined || name.task === task))
        this.#violate(name.dir, `is alive after ${type}`);
  }

  /** A second attempt needs a record that the one before is over, and no result of it that nobody looked at. */
  #mayRepeat(log: DurableLog, task: string, before: number, dir: string): void {
    const end = log.records.findLast(
      (record) => 'task' in record && record.task === task && record.type !== 'task.started',
    );
    switch (end?.type) {
      case 'task.retryScheduled':
        if (!this.#witness.clockJumped && this.#scene.now() < Date.parse(end.retryAt))
          this.#violate(dir, `is repeated before ${end.retryAt}`);
        this.#wasNotDone(log, task, dir);
        return;
      case 'task.interrupted':
        this.#wasUndone(log, task, dir);
        return;
      case 'task.decided':
        return;
      default:
        this.#violate(
          dir,
          `is repeated, but attempt ${before} has not ended on disk: ${end?.type}`,
        );
    }
  }

  /** An attempt that is repeated as interrupted left no result, nor did its probe say that its work was done. */
  #wasUndone(log: DurableLog, task: string, dir: string): void {
    this.#wasNotDone(log, task, dir);
    const left = this.#scene.processes.resultIn(dir);
    if (left?.outcome.status === 'failed' && !this.#witness.stopsAsked)
      if (left.process.stoppedBy.size === 0) this.#violate(dir, 'left a result, and is repeated');
    if (log.crashesOf(task) >= MAX_CRASHES)
      this.#violate(dir, 'is repeated after too many crashes');
  }

  /** An attempt that is repeated without a decision did not succeed, and if it died its task leaves that to nuflow. */
  #wasNotDone(log: DurableLog, task: string, dir: string): void {
    const { processes } = this.#scene;
    const { probe, onInterrupted = 'retry' } = log.spec(task) ?? {};
    if (processes.resultIn(dir)?.outcome.status === 'succeeded')
      this.#violate(dir, 'had succeeded, and is repeated');
    if (probe !== undefined && processes.didWork(dir))
      this.#violate(dir, 'did its work, which its probe can tell, and is repeated');
    if (onInterrupted !== 'retry' && processes.hasDied(dir))
      this.#violate(dir, `died, and is repeated without a decision (${onInterrupted})`);
  }

  #poolOf(run: string, task: string): string {
    return this.#witness.log(run).spec(task)?.pool ?? '';
  }

  /** What the references in a simulated task's settings must have become: see workflows.ts. */
  #expected(spec: TaskSpec, log: DurableLog): JsonValue {
    if (spec.with.from === undefined) return spec.with;
    return { ...spec.with, from: spec.needs.map((need) => this.#outputOf(log, need)) };
  }

  #outputOf(log: DurableLog, task: string): JsonValue {
    const { output, outputFile } = log.facts(task);
    const value = (
      outputFile === undefined
        ? output
        : JSON.parse(this.#scene.durable(log.run, outputFile).toString())
    ) as { readonly from: JsonValue } | null | undefined;
    return value?.from ?? 'nothing';
  }

  #violate(dir: string, what: string): void {
    this.#scene.violate(`${dir} ${what}`);
  }
}

function isProbe({ dir }: SimProcess['name']): boolean {
  return dir.endsWith('/probe');
}

function needsAllow(spec: TaskSpec, log: DurableLog): boolean {
  const statuses = [...new Set(spec.needs)].map((need) => log.facts(need).status);
  const count = (...wanted: string[]): number =>
    statuses.filter((status) => wanted.includes(status)).length;
  const upstream = {
    total: statuses.length,
    succeeded: count('succeeded'),
    failed: count('failed', 'cancelled'),
    upstreamFailed: count('upstreamFailed'),
    skipped: count('skipped'),
  };
  return verdict(spec.trigger ?? 'all_success', upstream) === 'run';
}
