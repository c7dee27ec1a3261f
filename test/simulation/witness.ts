import { createHash } from 'node:crypto';
import { isRecord, type RunEvent } from '../../src/events.js';
import type { JournalRecord } from '../../src/journal/records/record.js';
import { reduce } from '../../src/journal/records/reduce.js';
import type { RunState } from '../../src/journal/records/state.js';
import type { Attempt } from '../../src/runners/runner.js';
import type { Run } from '../../src/runtime/run.js';
import { snapshot } from '../../src/runtime/snapshot.js';
import { AttemptRules } from './attempt-rules.js';
import { DurableLog, hasEnded } from './durable-log.js';
import type { SimProcess, SimProcesses } from './sim-processes.js';

/** What the witness looks at, beside what it is told. */
export interface Scene {
  /** What of a file in a run's folder is sure to survive any crash; nothing when its name might not. */
  readonly durable: (run: string, name: string) => Buffer;
  /** The wall clock, and virtual time; ms. */
  readonly now: () => number;
  readonly time: () => number;
  readonly processes: SimProcesses;
  /** Says that a promise was broken. */
  readonly violate: (what: string) => void;
}

/** How the orchestrator of this life is set up. */
export interface Setting {
  readonly pid: number;
  /** Tasks at once: in each pool, `''` being the orchestrator's own. */
  readonly limits: ReadonlyMap<string, number>;
  readonly graceMs: number;
  /** Whether nothing in this life keeps it from ending what takes too long: no fault, no close. */
  isUndisturbed: boolean;
}

/** Sees what happens, and holds it against what nuflow promises (docs/guarantees.md). */
export class Witness {
  /** Whether a close ever stopped what ran: a failure of its own in that moment then counts as interrupted. */
  stopsAsked = false;
  clockJumped = false;
  setting: Setting | undefined;
  readonly #scene: Scene;
  readonly #attempts: AttemptRules;
  readonly #logs = new Map<string, DurableLog>();
  readonly #acknowledged = new Set<string>();
  readonly #forgotten = new Set<string>();

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#attempts = new AttemptRules(scene, this);
  }

  /** What is durable of a run. */
  log(run: string): DurableLog {
    let log = this.#logs.get(run);
    if (log === undefined) {
      log = new DurableLog(run, this.#scene.violate, (record) => this.#onDisk(run, record));
      this.#logs.set(run, log);
    }
    log.follow(this.#journal(run));
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

  /** Nothing more is expected of the run: its journal was damaged. */
  forget(run: string): void {
    this.#forgotten.add(run);
    this.#logs.delete(run);
    this.#acknowledged.delete(run);
  }

  /** A process or the machine crashed: all is read again. */
  startAgain(): void {
    for (const [run, log] of this.#logs) log.reread(this.#journal(run));
  }

  starting(attempt: Attempt): void {
    this.#attempts.starting(attempt);
  }

  probing(attempt: Attempt): void {
    this.#attempts.probing(attempt);
  }

  began(process: SimProcess): void {
    this.#attempts.began(process);
  }

  ended(process: SimProcess): void {
    this.#attempts.ended(process);
  }

  /** An event reached a listener of a living process. `isPast`: it was emitted before anybody listened, and the run has gone on since. */
  event(run: string, event: RunEvent, isPast: boolean): void {
    if (!isRecord(event)) return;
    const log = this.log(run);
    const line = log.lines[event.seq - 1];
    const { seq, at, type, ...rest } = event;
    if (line === undefined)
      this.#scene.violate(`${run}: ${type} ${seq} emitted before it is on disk`);
    else if (!line.startsWith(JSON.stringify({ seq, at, type, ...rest }).slice(0, -1)))
      this.#scene.violate(`${run}: ${type} ${seq} emitted, but on disk is ${line}`);
    if (!isPast) this.#attempts.recorded(run, event);
  }

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
      if (!hasEnded(log.facts(id)))
        this.#scene.violate(`${run}: ${status}, but ${id} has not ended`);
  }

  #journal(run: string): Buffer {
    return this.#forgotten.has(run) ? NOTHING : this.#scene.durable(run, 'journal.ndjson');
  }

  /** A record that names a file is on disk only after the file. */
  #onDisk(run: string, record: JournalRecord): void {
    if (!('outputFile' in record) || record.outputFile === undefined) return;
    const { path, sha256, bytes } = record.outputFile;
    const content = this.#scene.durable(run, path);
    const found = createHash('sha256').update(content).digest('hex');
    if (content.length !== bytes || found !== sha256)
      this.#scene.violate(`${run}: ${record.type} ${record.seq} names ${path}, which is not so`);
  }
}

const NOTHING = Buffer.alloc(0);
