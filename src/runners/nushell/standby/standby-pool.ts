import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { freemem } from 'node:os';
import { join } from 'node:path';
import type { ProcessEnd } from '../../process/process.js';
import type { ProcessStarter, Program, Standby } from '../../process/process-starter.js';
import { COOKIE } from '../../process/process-table.js';
import { processorMs, type StandbyCounts } from './counts.js';
import type { SourceFiles } from './source-files.js';

/** A program to have standing by. */
export interface Preparation {
  /** The same for all tasks that the process could do the work of. */
  readonly key: string;
  readonly program: Omit<Program, 'stdin'>;
  readonly sources: SourceFiles;
}

/** Memory that a waiting process takes, bytes: 12 MB of its own were measured. */
const EACH_BYTES = 12 * 1024 * 1024;
/** Tasks move because one ended; what starts by that is to have the processors first, ms. */
const PAUSE_MS = 15;
/** A process that nobody expects any more is kept so long, as long as anything is expected, ms. */
const SPARE_MS = 1_000;
/** What part of the free memory may be taken by waiting processes. */
const MEMORY_SHARE = 0.25;

interface Entry {
  readonly key: string;
  readonly sources: SourceFiles;
  readonly standby: Standby;
  /** Resolves when it has ended without having served, and its folder is gone. */
  readonly gone: Promise<void>;
  pid: number | undefined;
  /** Since when nobody expects it, by performance.now(). */
  spareSince: number | undefined;
}

/**
 * Processes that have parsed their program and wait for a task. Each serves one, at most:
 *
 *   started ──► waiting ──► used          a task of its key came, its files are as they were
 *                  ├──────► discarded     no run expects it any more, or its files changed
 *                  └──────► discarded     it ended by itself, as when its program can't be parsed
 *
 * They wait on a pipe of this process's helper: when either dies, however that is, they end by themselves.
 */
export class StandbyPool {
  readonly #starter: ProcessStarter;
  readonly #folder: string;
  readonly #max: number;
  readonly #entries = new Set<Entry>();
  /** What each run expects. */
  readonly #expected = new Map<object, readonly Preparation[]>();
  /** Programs that ended by themselves, and the files they were then: to be left alone until those change. */
  readonly #failed = new Map<string, SourceFiles>();
  readonly #leaving = new Set<Promise<unknown>>();
  readonly #counts = { started: 0, used: 0, discarded: 0, savedMs: 0, wastedMs: 0 };
  #freeSlots = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClean = false;
  #isClosed = false;

  /** `folder` is for their logs, on the file system of the attempts' folders, and nobody else's; `max` is how many may wait at once. */
  constructor(starter: ProcessStarter, folder: string, max = Number.POSITIVE_INFINITY) {
    this.#starter = starter;
    this.#folder = folder;
    this.#max = max;
  }

  get counts(): StandbyCounts {
    return { ...this.#counts, waiting: this.#entries.size };
  }

  /** What a run will soon start, the nearest first; it replaces what `run` said before, undefined ends that. As many may wait as slots are free. */
  expect(run: object, wanted: readonly Preparation[] | undefined, freeSlots: number): void {
    if (this.#isClosed) return;
    if (wanted === undefined) this.#expected.delete(run);
    else this.#expected.set(run, wanted);
    this.#freeSlots = freeSlots;
    if (this.#match().length > 0) this.#fillIn(PAUSE_MS);
  }

  /** A process for a task of the key, if one waits; it is the caller's. */
  take(key: string): Pick<Standby, 'start'> | undefined {
    for (const entry of this.#entries) {
      if (entry.key !== key) continue;
      if (!entry.sources.areUnchanged) {
        this.#discard(entry);
        continue;
      }
      this.#entries.delete(entry);
      this.#counts.used++;
      this.#counts.savedMs += spentBy(entry);
      return entry.standby;
    }
    return undefined;
  }

  /** Ends all; resolves when none is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const entry of this.#entries) this.#discard(entry);
    await Promise.all(this.#leaving);
    if (this.#isClean) await rm(this.#folder, { recursive: true, force: true }).catch(() => {});
  }

  #fillIn(ms: number): void {
    this.#timer ??= setTimeout(() => this.#fill(), ms).unref();
  }

  #fill(): void {
    this.#timer = undefined;
    const room = Math.min(this.#freeSlots, this.#max, this.#entries.size + affordable());
    for (const one of this.#match()) {
      if (this.#entries.size >= room) return;
      this.#start(one);
    }
  }

  /** A task that is on its way here is not expected any more: what it needs is kept until it must have come. */
  #spare(spare: ReadonlySet<Entry>): void {
    const now = performance.now();
    for (const entry of this.#entries) {
      if (!spare.has(entry)) entry.spareSince = undefined;
      else if (this.#expected.size === 0) this.#discard(entry);
      else if (now - (entry.spareSince ?? now) >= SPARE_MS) this.#discard(entry);
      else {
        entry.spareSince ??= now;
        this.#fillIn(SPARE_MS);
      }
    }
  }

  /** Discards what nobody expects any more; returns what is expected and not there. */
  #match(): Preparation[] {
    const spare = new Set(this.#entries);
    const missing: Preparation[] = [];
    for (const one of [...this.#expected.values()].flat()) {
      const found = [...spare].find(({ key }) => key === one.key);
      if (found === undefined) missing.push(one);
      else spare.delete(found);
    }
    this.#spare(spare);
    return missing;
  }

  #start({ key, program, sources }: Preparation): void {
    if (this.#failed.get(key)?.areUnchanged) return;
    this.#failed.delete(key);
    const name = randomBytes(12).toString('hex');
    const dir = join(this.#cleanFolder(), name);
    const env = { ...program.env, [COOKIE]: `standby-${process.pid}-${name}` };
    const standby = this.#starter.standBy?.(dir, { ...program, env });
    if (standby === undefined) return;
    this.#counts.started++;
    const gone = standby.ended.then((end) => this.#ended(entry, end, dir));
    const entry: Entry = { key, sources, standby, gone, pid: undefined, spareSince: undefined };
    this.#entries.add(entry);
    void standby.spawned.then((identity) => {
      entry.pid = identity?.pid;
    });
  }

  /** What an orchestrator that died may have left there belongs to nobody: what was told to work took its logs along. */
  #cleanFolder(): string {
    if (!this.#isClean) rmSync(this.#folder, { recursive: true, force: true });
    this.#isClean = true;
    return this.#folder;
  }

  #discard(entry: Entry): void {
    this.#counts.wastedMs += spentBy(entry);
    this.#counts.discarded++;
    this.#entries.delete(entry);
    entry.standby.drop();
    this.#leaving.add(entry.gone);
    void entry.gone.then(() => this.#leaving.delete(entry.gone));
  }

  async #ended(entry: Entry, end: ProcessEnd, dir: string): Promise<void> {
    if (this.#entries.delete(entry)) {
      this.#counts.discarded++;
      if (end.kind !== 'unseen') this.#failed.set(entry.key, entry.sources);
    }
    await rm(dir, { recursive: true, force: true }).catch(() => {});
  }
}

function affordable(): number {
  return Math.floor((freemem() * MEMORY_SHARE) / EACH_BYTES);
}

function spentBy({ pid }: Entry): number {
  return pid === undefined ? 0 : processorMs(pid);
}
