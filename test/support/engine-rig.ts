import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type CommonTaskOptions,
  defineWorkflow,
  type EventOf,
  type EventType,
  type JournalRecord,
  type JsonValue,
  type OnFailure,
  Orchestrator,
  type OrchestratorOptions,
  type Run,
  type StartOptions,
  type Workflow,
} from '../../src/index.js';
import { readEvents } from '../../src/inspect.js';
import { reduce } from '../../src/journal/records/reduce.js';
import type { RunState } from '../../src/journal/records/state.js';
import { systemPlatform } from '../../src/platform/platform.js';
import { ControlledClock } from './controlled-clock.js';
import { ControlledRunner } from './controlled-runner.js';
import { FaultyFileSystem } from './faulty-file-system.js';

/** A task in short: what it needs, and its options. */
export type Sketch = CommonTaskOptions & {
  readonly needs?: readonly string[];
  readonly with?: Readonly<Record<string, JsonValue | object>>;
  readonly probe?: Readonly<Record<string, JsonValue | object>>;
};

/** A workflow whose tasks end when the test says so. */
export function sketch(
  tasks: Readonly<Record<string, Sketch>>,
  options: { readonly name?: string; readonly onFailure?: OnFailure } = {},
): Workflow<unknown> {
  const { name = 'sketch', ...rest } = options;
  return defineWorkflow(name, {
    ...rest,
    tasks: (t) => {
      const refs = Object.entries(tasks).map(([id, task]) => {
        return [id, t.task(id, { runner: 'test', ...task })] as const;
      });
      return Object.fromEntries(refs);
    },
  }) as Workflow<unknown>;
}

/**
 * An orchestrator on real files in a temporary folder, with a runner, a clock and a disk that the test
 * controls. All is closed and removed when the test is over.
 */
export class EngineRig {
  readonly dataDir: string;
  readonly clock = new ControlledClock();
  readonly disk = new FaultyFileSystem(systemPlatform.fileSystem);
  /** What chance gives next; in [0, 1). */
  chance = 0;
  /** What chance gives instead where it is asked for random bytes. */
  hex: string | undefined;
  runner = new ControlledRunner();
  readonly #options: OrchestratorOptions;
  readonly #sizesAtSync = new Map<string, readonly number[]>();
  #held: HeldSyncs | undefined;
  #orchestrator: Orchestrator | undefined;

  private constructor(options: OrchestratorOptions) {
    this.#options = options;
    this.dataDir = mkdtempSync(join(tmpdir(), 'nuflow-engine-'));
    this.disk.beforeSync = async (path) => {
      if (!path.endsWith('journal.ndjson')) return;
      const sizes = this.#sizesAtSync.get(path) ?? [];
      this.#sizesAtSync.set(path, [...sizes, statSync(path).size]);
      await this.#held?.wait();
    };
  }

  /** For use inside a test. */
  static async open(options: OrchestratorOptions = {}): Promise<EngineRig> {
    const rig = new EngineRig(options);
    onTestFinished(() => rig.dispose());
    await rig.#open({});
    return rig;
  }

  /** Done by itself when the test is over; for tests that open many. */
  async dispose(): Promise<void> {
    await this.#orchestrator?.close({ mode: 'detach' });
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  get orchestrator(): Orchestrator {
    if (this.#orchestrator === undefined) throw new Error('it is not open');
    return this.#orchestrator;
  }

  start(workflow: Workflow<never>, options: StartOptions<unknown> = {}): Promise<Run> {
    return this.orchestrator.start(workflow as Workflow, { id: 'r', ...options });
  }

  /**
   * Closes at once, as a crash would, and opens again with a new runner: what ran has no outcome in the
   * journal.
   */
  async restart(options: OrchestratorOptions = {}): Promise<void> {
    await this.orchestrator.close({ mode: 'detach' });
    this.runner = new ControlledRunner(this.runner.onStart);
    await this.#open(options);
  }

  /** Lets the time pass that a `task.spawned` waits for records to share its sync with. */
  spawnedOnDisk(): Promise<void> {
    return this.clock.pass(10);
  }

  /** Lets syncs of journals wait until they are let go, one by one or all from then on. */
  holdSyncs(): HeldSyncs {
    this.#held = new HeldSyncs();
    return this.#held;
  }

  /** What of the run's journal is on disk for certain: what had been written when the last sync that is done was asked for. */
  durableText(id = 'r'): string {
    const path = this.journalPath(id);
    const size = this.#sizesAtSync.get(path)?.[this.disk.count('sync', path) - 1] ?? 0;
    return readFileSync(path).toString('utf8', 0, size);
  }

  /** Records of the run that are on disk. */
  async records(id = 'r'): Promise<JournalRecord[]> {
    const all: JournalRecord[] = [];
    for await (const record of readEvents(this.dataDir, id)) all.push(record);
    return all;
  }

  /** What is on disk, in short: `started a 1`, `succeeded a`, … */
  async story(id = 'r'): Promise<string[]> {
    return (await this.records(id)).map(inShort);
  }

  /** The run's state, folded from disk. */
  async folded(id = 'r'): Promise<RunState> {
    let state: RunState | undefined;
    for (const record of await this.records(id)) state = reduce(state, record);
    return state as RunState;
  }

  journalPath(id = 'r'): string {
    return join(this.dataDir, 'runs', id, 'journal.ndjson');
  }

  async #open(options: OrchestratorOptions): Promise<void> {
    const hex = (bytes: number): string => this.hex ?? systemPlatform.random.hex(bytes);
    const random = { next: () => this.chance, hex };
    const merged = { ...this.#options, ...options };
    this.#orchestrator = await Orchestrator.open({
      dataDir: this.dataDir,
      platform: { ...systemPlatform, clock: this.clock, fileSystem: this.disk, random },
      ...merged,
      runners: { test: this.runner, ...merged.runners },
    });
  }
}

/** Syncs that wait for the test. */
export class HeldSyncs {
  #held: (() => void)[] = [];
  #waiting: (() => void)[] = [];
  #isOpen = false;

  async wait(): Promise<void> {
    if (this.#isOpen) return;
    const released = new Promise<void>((resolve) => this.#held.push(resolve));
    for (const wake of this.#waiting) wake();
    this.#waiting = [];
    await released;
  }

  /** Resolves once a sync waits. */
  async asked(): Promise<void> {
    while (this.#held.length === 0)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Lets the sync go that waits, or will wait next. */
  async release(): Promise<void> {
    await this.asked();
    this.#held.shift()?.();
  }

  /** Lets all go, also those to come. */
  open(): void {
    this.#isOpen = true;
    for (const release of this.#held) release();
  }
}

/** Resolves when all that could happen without the outside has happened: some turns of the event loop later. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A record as a line of a story. */
export function inShort(record: JournalRecord): string {
  const [subject, verb] = record.type.split('.') as [string, string];
  if (subject === 'run') {
    if (record.type === 'run.finished') return `finished ${record.status}`;
    return record.type === 'run.cancelRequested' ? `cancel ${record.reason}` : verb;
  }
  const { task } = record as { task: string };
  switch (record.type) {
    case 'task.started':
      return `${verb} ${task} ${record.attempt}`;
    case 'task.failed':
      return `${verb} ${task} ${record.error.code}`;
    case 'task.skipped':
      return `${record.status} ${task}`;
    case 'task.interrupted':
      return `${verb} ${task} ${record.next}`;
    default:
      return `${verb} ${task}`;
  }
}

/** The first event of the type (of the task, if one is named), past or to come; rejects when the run ends without. */
export async function eventOf<T extends EventType>(
  run: Run<unknown>,
  type: T,
  task?: string,
): Promise<EventOf<T>> {
  for await (const event of run.events()) {
    if (event.type !== type) continue;
    if (task === undefined || ('task' in event && event.task === task)) return event as EventOf<T>;
  }
  throw new Error(`the run ended without ${type} ${task ?? ''}`);
}

/** Statuses of a run's tasks by id. */
export function statuses(run: Run<unknown>): Record<string, string> {
  return Object.fromEntries(run.snapshot().tasks.map(({ id, status }) => [id, status]));
}
