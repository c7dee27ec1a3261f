import { existsSync } from 'node:fs';
import { identify } from '../../platform/process-identity.js';
import { isThere } from '../../platform/regular-file.js';
import { attemptFiles } from '../attempt-files.js';
import { directStarter } from '../process/direct-starter.js';
import { handedOffProcess } from '../process/handoff-file.js';
import type { ProcessStarter, Program, Standby, Starting } from '../process/process-starter.js';
import { COOKIE, processTable } from '../process/process-table.js';
import { HELPER } from '../programs.js';
import { HelperLink, type JobAnswer, type LinkListener } from './helper-link.js';
import { Job } from './job.js';

/** Pause after a helper was lost before it did anything, ms; doubled each time. This process starts programs itself meanwhile. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Time that a helper has to get ready, ms; far more than it takes on a busy machine. */
const PATIENCE_MS = 10_000;

/**
 * Starts programs through a helper process, so that a start costs the same however much memory this
 * process has, and never stops its event loop (a fork copies the page tables of its parent: 20 ms at 1 GB).
 *
 *   asked ──► started ──► ended                          as the helper answers
 *     │          └─ helper lost ─► looked at until it is gone ─► ended, unseen
 *     └─ helper lost ─┬─ not begun ─────────────► asked again, of a new helper
 *                     ├─ found by its cookie ───► started, as above
 *                     └─ begun and gone ────────► ended, unseen
 *
 * The helper dies with this process and takes nothing with it. Where there is no helper (no /proc to
 * find lost processes in, an application bundled without the script, no process left to make one) this
 * process starts programs itself.
 */
export class Spawner implements ProcessStarter, LinkListener {
  readonly #script: string;
  readonly #patienceMs: number;
  readonly #jobs = new Map<number, Job>();
  #lastId = 0;
  /** What the helper has not answered yet, also for those who wait no more. */
  readonly #unanswered = new Set<number>();
  #link: HelperLink | undefined;
  /** Helpers in a row that were lost before they did anything. */
  #failures = 0;
  /** When a helper may be tried again, by performance.now(). */
  #retryAt = 0;

  /**
   * @param script The helper, as built.
   * @param patienceMs How long a helper may take to get ready.
   */
  constructor(script: string = HELPER, patienceMs: number = PATIENCE_MS) {
    this.#script = script;
    this.#patienceMs = patienceMs;
    if (!existsSync('/proc/self/stat') || !existsSync(script))
      this.#retryAt = Number.POSITIVE_INFINITY;
  }

  /** Number of processes that were asked for and don't run yet. */
  get waiting(): number {
    return this.#unanswered.size;
  }

  async ready(): Promise<void> {
    await directStarter.ready();
    if (!this.#usable) return;
    const link = this.#connect();
    link.hold(true);
    await link.ready;
    link.hold(this.#jobs.size > 0);
  }

  start(dir: string, program: Program): Starting {
    const job = new Job(dir, program, this.#forget);
    this.#start(job);
    return job;
  }

  standBy(dir: string, program: Omit<Program, 'stdin'>): Standby | undefined {
    if (!this.#usable) return undefined;
    const job = new Job(dir, { ...program, stdin: '' }, this.#forget, { waits: true });
    this.#ask(job);
    return {
      spawned: job.spawned,
      ended: job.ended,
      start: (...work) => this.#serve(job, ...work),
      drop: () => this.#link?.send({ drop: job.id }),
    };
  }

  async close(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    this.#jobs.clear();
    await link?.close();
  }

  /** @internal */
  answered(answer: JobAnswer): void {
    this.#failures = 0;
    this.#unanswered.delete(answer.id);
    const job = this.#jobs.get(answer.id);
    if (job === undefined) return; // let go of meanwhile
    if ('started' in answer) {
      job.started(answer.started);
      return;
    }
    this.#forget(job);
    job.end(answer.end);
  }

  /** @internal */
  lost(link: HelperLink): void {
    if (this.#link !== link) return; // closed
    this.#link = undefined;
    if (!link.worked) this.#pause();
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    this.#unanswered.clear();
    this.#recover(jobs, link);
  }

  #start(job: Job): void {
    if (this.#usable) this.#ask(job);
    else job.become(directStarter.start(job.dir, job.program));
  }

  #serve(standby: Job, dir: string, program: Program): Starting {
    this.#forget(standby);
    const job = new Job(dir, program, this.#forget, { by: standby.id });
    this.#start(job);
    return job;
  }

  #pause(): void {
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures++, LONGEST_PAUSE_MS);
    this.#retryAt = performance.now() + pause;
  }

  get #usable(): boolean {
    return this.#link !== undefined || performance.now() >= this.#retryAt;
  }

  #connect(): HelperLink {
    this.#link ??= new HelperLink(this.#script, this, this.#patienceMs);
    return this.#link;
  }

  #ask(job: Job): void {
    job.id = ++this.#lastId;
    this.#jobs.set(job.id, job);
    this.#unanswered.add(job.id);
    const link = this.#connect();
    if (this.#jobs.size === 1) link.hold(true);
    link.send({ id: job.id, dir: job.dir, ...job.program, ...job.how });
  }

  readonly #forget = ({ id }: Job): void => {
    if (this.#jobs.delete(id) && this.#jobs.size === 0) this.#link?.hold(false);
  };

  #recover(jobs: readonly Job[], link: HelperLink): void {
    for (const job of jobs) if (job.identity !== undefined) void job.watch(job.identity);
    const unanswered = jobs.filter(({ identity }) => identity === undefined);
    const begun = link.wasReady ? unanswered.shift() : undefined;
    for (const job of unanswered) this.#startAgain(job);
    if (begun !== undefined) void this.#settle(begun, link);
  }

  /** What was to wait ends with the helper that would have told it its work; it was for nobody yet. */
  #startAgain(job: Job): void {
    if (job.how.waits) job.end({ kind: 'unseen' });
    else this.#start(job);
  }

  /** The one request that may or may not have been begun. */
  async #settle(job: Job, link: HelperLink): Promise<void> {
    await link.settled();
    const standby = await handedOffProcess(attemptFiles(job.dir));
    if (standby !== undefined) return job.watch(standby);
    const cookie = job.program.env[COOKIE];
    const table = (await processTable()).filter((entry) => entry.cookie === cookie);
    const [oldest] = table.toSorted((a, b) => +a.startTime - +b.startTime);
    const identity = oldest && (await identify(oldest.pid));
    if (identity !== undefined) void job.watch(identity);
    else if (isThere(attemptFiles(job.dir).stdout)) job.end({ kind: 'unseen' });
    else this.#startAgain(job);
  }
}
