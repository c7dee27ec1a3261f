import { isDeepStrictEqual } from 'node:util';
import { verdict } from '../../src/dag/trigger-rules.js';
import type { JsonValue } from '../../src/definition/json.js';
import type { TaskSpec } from '../../src/definition/spec.js';
import type { RunEvent } from '../../src/events.js';
import { isRecord } from '../../src/events.js';
import { reduce } from '../../src/journal/reduce.js';
import type { RunState } from '../../src/journal/state.js';
import type { Run } from '../../src/run/run.js';
import { snapshot } from '../../src/run/snapshot.js';
import type { Attempt } from '../../src/runners/runner.js';
import { DurableLog, hasEnded, type TaskFacts } from './durable-log.js';
import type { SimProcess, SimProcesses } from './sim-processes.js';

/** What the witness looks at, beside what it is told. */
export interface Scene {
  /** What of a run's journal is sure to survive any crash. */
  readonly durable: (run: string) => Buffer;
  readonly processes: SimProcesses;
  /** Says that a promise was broken. */
  readonly violate: (what: string) => void;
}

/** Sees what happens, and holds it against what nuflow promises (docs/guarantees.md). */
export class Witness {
  readonly #scene: Scene;
  readonly #logs = new Map<string, DurableLog>();
  readonly #acknowledged = new Set<string>();

  /** Whether a close ever stopped what ran: a failure of its own in that moment then counts as interrupted. */
  stopsAsked = false;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** What is durable of a run. */
  log(run: string): DurableLog {
    let log = this.#logs.get(run);
    if (log === undefined) {
      log = new DurableLog(run, this.#scene.violate);
      this.#logs.set(run, log);
    }
    log.follow(this.#scene.durable(run));
    return log;
  }

  get runs(): Iterable<string> {
    return this.#logs.keys();
  }

  /** `start` resolved: from now on nothing loses the run. */
  acknowledged(run: string): void {
    this.#acknowledged.add(run);
    if (this.log(run).records.length === 0)
      this.#scene.violate(`${run}: acknowledged, but not on disk`);
  }

  isAcknowledged(run: string): boolean {
    return this.#acknowledged.has(run);
  }

  /** A machine crashed, or somebody else has written: all is read again. */
  startAgain(): void {
    for (const [run, log] of this.#logs) log.reread(this.#scene.durable(run));
  }

  // --- Tasks ---

  /** The code of an attempt is about to run. */
  starting({ run, task, attempt, with: settings }: Attempt): void {
    const log = this.log(run);
    const facts = log.tasks.get(task);
    const violate = (what: string): void =>
      this.#scene.violate(`${run}: ${task}#${attempt} ${what}`);
    if (facts?.status !== 'running' || facts.attempt !== attempt)
      violate(`runs, but on disk it is ${facts?.status ?? 'unknown'}#${facts?.attempt}`);
    const spec = log.workflow?.tasks.find(({ id }) => id === task);
    if (spec === undefined) {
      violate('is of no workflow on disk');
      return;
    }
    if (!needsAllow(spec, log.tasks)) violate('runs before what it needs is on disk');
    if (!isDeepStrictEqual(settings, expectedSettings(spec, log.tasks)))
      violate(`was given ${JSON.stringify(settings)}`);
    if (attempt > 1) this.#mayRepeat(log, task, attempt - 1, violate);
  }

  /** An attempt has become a process. */
  began({ name: { run, task, attempt }, identity }: SimProcess): void {
    for (const { name, identity: other } of this.#scene.processes.alive)
      if (name.run === run && name.task === task && other !== identity)
        this.#scene.violate(`${run}: ${task}#${attempt} runs beside attempt ${name.attempt}`);
  }

  /** A second attempt needs a record that the one before is over, and no result of it that nobody looked at. */
  #mayRepeat(log: DurableLog, task: string, before: number, violate: (what: string) => void): void {
    const end = log.records.findLast(
      (record) =>
        (record.type === 'task.retryScheduled' || record.type === 'task.interrupted') &&
        record.task === task &&
        record.attempt === before,
    );
    if (end === undefined) violate(`repeats attempt ${before}, which has not ended on disk`);
    const left = this.#scene.processes.resultOfAttempt(log.run, task, before);
    if (left?.outcome.status === 'succeeded' && end?.type === 'task.interrupted')
      violate(`repeats attempt ${before}, which had succeeded`);
    if (this.stopsAsked || end?.type !== 'task.interrupted') return;
    if (left?.outcome.status === 'failed' && !left.process.wasStopped)
      violate(`repeats attempt ${before}, which had left a result`);
  }

  // --- Events ---

  /** An event reached a listener of a living process. */
  event(run: string, event: RunEvent): void {
    if (!isRecord(event)) return;
    const log = this.log(run);
    const line = log.lines[event.seq - 1];
    const { seq, at, type, ...rest } = event;
    if (line === undefined)
      this.#scene.violate(`${run}: ${type} ${seq} emitted before it is on disk`);
    else if (!line.startsWith(JSON.stringify({ seq, at, type, ...rest }).slice(0, -1)))
      this.#scene.violate(`${run}: ${type} ${seq} emitted, but on disk is ${line}`);
    if ('task' in event && event.type !== 'task.started' && event.type !== 'task.spawned')
      this.#leavesNothing(run, event.type, event.task);
    if (event.type === 'run.finished') this.#leavesNothing(run, event.type, undefined);
  }

  #leavesNothing(run: string, type: string, task: string | undefined): void {
    for (const { name } of this.#scene.processes.alive)
      if (name.run === run && (task === undefined || name.task === task))
        this.#scene.violate(`${run}: ${type}, and ${name.task}#${name.attempt} is still alive`);
  }

  // --- State ---

  /** The live state is the fold of what is on disk. */
  compare(run: Run): void {
    const live = run.snapshot();
    const log = this.log(run.id);
    let state: RunState | undefined;
    for (const record of log.records.slice(0, live.seq)) state = reduce(state, record);
    const folded = state === undefined ? undefined : snapshot(state);
    const { progress: _, ...expected } = folded ?? { progress: undefined };
    const { progress: __, ...found } = live;
    if (JSON.stringify(found) !== JSON.stringify(expected))
      this.#scene.violate(
        `${run.id}: live state ${JSON.stringify(found)} is not what the disk says: ${JSON.stringify(expected)}`,
      );
  }

  /** The run has ended by its own word: so it has to be on disk. */
  finished(run: string, status: string): void {
    const log = this.log(run);
    if (log.status !== status)
      this.#scene.violate(`${run}: result ${status}, on disk it is ${log.status}`);
    for (const { id } of log.workflow?.tasks ?? [])
      if (!hasEnded(log.tasks.get(id) ?? { status: 'pending', attempt: 0 }))
        this.#scene.violate(`${run}: ${status}, but ${id} has not ended`);
  }
}

function needsAllow(spec: TaskSpec, tasks: ReadonlyMap<string, TaskFacts>): boolean {
  const statuses = [...new Set(spec.needs)].map((need) => tasks.get(need)?.status);
  const count = (...wanted: (string | undefined)[]): number =>
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

/** What the references in a simulated task's settings must have become: see workflows.ts. */
function expectedSettings(spec: TaskSpec, tasks: ReadonlyMap<string, TaskFacts>): JsonValue {
  const { from } = spec.with;
  if (from === undefined) return spec.with;
  const outputs = spec.needs.map((need) => {
    const output = tasks.get(need)?.output as { from: string } | undefined;
    return output?.from ?? 'nothing';
  });
  return { ...spec.with, from: outputs };
}
