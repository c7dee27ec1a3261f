import { Low } from 'lowdb';
import type { z } from 'zod';
import { type NuflowError, RunNotFoundError } from '../../errors.js';
import { lazySchema } from '../../lazy-import.js';
import { isDescriptorShortage } from '../../platform/descriptors.js';
import type { Platform } from '../../platform/platform.js';
import type { DataDir } from '../data-dir/data-dir.js';
import { isFinished, type RunState } from '../records/state.js';
import { type RunSummary, summary } from '../records/summary.js';
import { IndexFile } from './index-file.js';

const entry = lazySchema((z) =>
  z.object({
    id: z.string(),
    workflow: z.string(),
    status: z.enum(['running', 'cancelling', 'succeeded', 'failed', 'cancelled', 'damaged']),
    startedAt: z.string(),
    endedAt: z.string().optional(),
    tasks: z.object({
      total: z.number(),
      done: z.number(),
      failed: z.number(),
      held: z.number(),
      succeeded: z.number().optional(),
      upstreamFailed: z.number().optional(),
      skipped: z.number().optional(),
      cancelled: z.number().optional(),
    }),
  }),
);
const content = lazySchema((z) =>
  z.object({
    runs: z.array(entry()),
    /** Workflow → [task, ms] of the latest runs. */
    durations: z.array(z.tuple([z.string(), z.array(z.tuple([z.string(), z.number()]))])),
  }),
);
type Content = z.infer<ReturnType<typeof content>>;

const EMPTY: Content = { runs: [], durations: [] };
/** Changes are written together, at most this often, ms. */
const WRITE_EVERY_MS = 1_000;
/** Durations kept a workflow, and over all workflows: opening must stay quick. */
const MAX_TASKS = 10_000;
const MAX_DURATIONS = 50_000;
/** Weight of the newest run in a task's expected duration. */
const NEWEST = 0.5;

/**
 * Runs at a glance, and how long their tasks took: a cache in index.json, by lowdb. The journals are
 * the truth; what the index does not know as finished is read from them at opening, and a lost or bad index is rebuilt.
 *
 * A run that was only read is not entered as finished: what was read may be in the page cache only, and
 * an index on disk that is ahead of the journal would keep the run from ever being resumed.
 */
export class RunIndex {
  readonly #platform: Platform;
  readonly #db: Low<unknown>;
  readonly #mayWrite: () => boolean;
  readonly #runs = new Map<string, RunSummary>();
  readonly #durations = new Map<string, Map<string, number>>();
  /** Finished, as far as was read. */
  readonly #unproven = new Set<string>();
  #writing: Promise<void> = Promise.resolve();
  #cancelWait: (() => void) | undefined;
  #dirty = false;

  private constructor(platform: Platform, db: Low<unknown>, mayWrite: () => boolean) {
    this.#mayWrite = mayWrite;
    this.#platform = platform;
    this.#db = db;
  }

  /** `mayWrite` is asked before the file is written. */
  static async open(platform: Platform, dir: DataDir, mayWrite = () => true): Promise<RunIndex> {
    const db = new Low<unknown>(new IndexFile(platform, dir.indexPath), EMPTY);
    const index = new RunIndex(platform, db, mayWrite);
    await index.#load(dir);
    return index;
  }

  /** Makes the index on disk forget a run, so that the next to open it reads the run's journal again. */
  static async forget(platform: Platform, dir: DataDir, run: string): Promise<void> {
    const file = new IndexFile(platform, dir.indexPath);
    const known = content().safeParse(await file.read()).data;
    if (known?.runs.some(({ id }) => id === run))
      await file.write({ ...known, runs: known.runs.filter(({ id }) => id !== run) });
  }

  /** Latest first; `live` are runs of this process as they stand now. */
  list(live: readonly RunSummary[] = []): RunSummary[] {
    const all = new Map(this.#runs);
    for (const run of live) all.set(run.id, run);
    return [...all.values()].sort((a, b) =>
      a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : 0,
    );
  }

  /** Runs that have not ended, and damaged ones, oldest first. */
  unfinished(): RunSummary[] {
    const open = new Set(['running', 'cancelling', 'damaged']);
    return this.list()
      .filter((run) => open.has(run.status))
      .reverse();
  }

  /** Runs that have ended as far as was read: it counts once they were opened, which puts what was read on disk. */
  unproven(): readonly string[] {
    return [...this.#unproven];
  }

  /** Expected durations of a workflow's tasks, ms; empty when none ran yet. */
  durations(workflow: string): ReadonlyMap<string, number> {
    return this.#durations.get(workflow) ?? new Map();
  }

  /** Takes in a run as it stands on disk; written to the file soon. */
  put(state: RunState): void {
    this.#runs.set(state.id, summary(state));
    this.#unproven.delete(state.id);
    if (isFinished(state)) this.#learn(state);
    this.#dirty = true;
    this.#writeSoon();
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    this.#cancelWait?.();
    await this.#writing;
    if (this.#dirty) await this.#write();
  }

  async #load(dir: DataDir): Promise<void> {
    await this.#db.read();
    const known = content().safeParse(this.#db.data).data ?? EMPTY;
    for (const [workflow, tasks] of known.durations) this.#durations.set(workflow, new Map(tasks));
    const finished = new Map(
      known.runs.filter((run) => run.endedAt !== undefined).map((run) => [run.id, run]),
    );
    for (const id of await dir.runs()) {
      const run = finished.get(id);
      if (run === undefined) await this.#readRun(dir, id);
      else this.#runs.set(id, run);
    }
  }

  async #readRun(dir: DataDir, id: string): Promise<void> {
    this.#dirty = true;
    try {
      const state = await dir.readState(id);
      this.#runs.set(id, summary(state));
      if (isFinished(state)) this.#unproven.add(id);
    } catch (error) {
      if (error instanceof RunNotFoundError) return; // it was never accepted
      // That it is damaged would be a lie, and the same would be said of all.
      if (isDescriptorShortage((error as Error).cause)) throw error;
      this.#runs.set(id, {
        id,
        workflow: '',
        status: 'damaged',
        problem: problemOf(error),
        startedAt: '',
        tasks: { total: 0, done: 0, failed: 0, held: 0 },
      });
    }
  }

  #learn(state: RunState): void {
    const tasks = this.#durations.get(state.workflow.name) ?? new Map<string, number>();
    for (const [id, task] of state.tasks) {
      if (task.status !== 'succeeded') continue;
      if (tasks.size >= MAX_TASKS && !tasks.has(id)) continue;
      const ms = Math.max(0, Date.parse(task.endedAt) - Date.parse(task.startedAt));
      tasks.set(id, Math.round(ms * NEWEST + (tasks.get(id) ?? ms) * (1 - NEWEST)));
    }
    this.#durations.delete(state.workflow.name); // the latest learned comes last
    this.#durations.set(state.workflow.name, tasks);
    this.#forgetOldest();
  }

  #forgetOldest(): void {
    let count = 0;
    for (const tasks of this.#durations.values()) count += tasks.size;
    for (const [workflow, tasks] of this.#durations) {
      if (count <= MAX_DURATIONS) return;
      this.#durations.delete(workflow);
      count -= tasks.size;
    }
  }

  #writeSoon(): void {
    if (this.#cancelWait !== undefined) return;
    this.#cancelWait = this.#platform.clock.after(WRITE_EVERY_MS, () => {
      this.#cancelWait = undefined;
      this.#writing = this.#writing.then(() => this.#write());
    });
  }

  /** A cache that can't be written is no reason to stop: it is read from the journals next time. */
  async #write(): Promise<void> {
    if (!this.#mayWrite()) return; // the directory of somebody else may be there now
    this.#dirty = false;
    this.#db.data = {
      runs: [...this.#runs.values()].filter(({ id }) => !this.#unproven.has(id)),
      durations: [...this.#durations].map(([workflow, tasks]) => [workflow, [...tasks]]),
    };
    await this.#db.write().catch(() => {
      this.#dirty = true;
    });
  }
}

function problemOf(error: unknown): NonNullable<RunSummary['problem']> {
  const { code = 'NUFLOW_BUG', message } = error as NuflowError;
  return { code, message };
}
