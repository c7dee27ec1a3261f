import { availableParallelism } from 'node:os';
import type { JsonValue } from '../../../definition/json.js';
import type { Program, Standby } from '../../process/process-starter.js';
import type { ComingWork } from '../../runner.js';
import { AssumedSettings } from './assumed-settings.js';
import type { StandbyCounts } from './counts.js';
import { SourceFiles } from './source-files.js';
import type { Preparation, StandbyPool } from './standby-pool.js';

type With = { readonly [key: string]: JsonValue };

/** What a process starts with before its task is known, and where its modules are looked for. */
export interface ProgramAhead {
  readonly program: Omit<Program, 'stdin'>;
  /** Absolute. */
  readonly includePaths: readonly string[];
}

/** Of tasks further ahead only so many are prepared for: more could not be parsed at once. */
const PROCESSORS = availableParallelism();

/** Programs whose files are remembered: an orchestrator may run for months. */
const MAX_KNOWN = 1_000;

/** From tasks that may come to processes that stand by for them. */
export class Standbys {
  readonly #pool: StandbyPool;
  readonly #assumed = new AssumedSettings();
  /** Files of programs, by key, as long as they are unchanged; undefined for those whose files can't be told. */
  readonly #sources = new Map<string, SourceFiles | undefined>();

  constructor(pool: StandbyPool) {
    this.#pool = pool;
  }

  get counts(): StandbyCounts {
    return this.#pool.counts;
  }

  /** Whether any process waits. */
  get any(): boolean {
    return this.#pool.counts.waiting > 0;
  }

  /** See AssumedSettings. */
  seen(settings: With): void {
    this.#assumed.seen(settings);
  }

  /** See Runner.expect; `ahead` gives the program for a task. */
  expect(
    source: object,
    coming: readonly ComingWork[] | undefined,
    freeSlots: number,
    ahead: (settings: With, baseDir: string) => ProgramAhead | undefined,
  ): void {
    const near = coming?.filter(({ steps }, i) => steps === 1 || i < PROCESSORS);
    const wanted = near?.slice(0, Math.max(freeSlots, PROCESSORS)).flatMap((work) => {
      const settings = this.#assumed.of(work.with);
      const program = settings && ahead(settings, work.baseDir);
      return (program && this.#preparation(program)) ?? [];
    });
    this.#pool.expect(source, wanted, freeSlots);
  }

  /** A process that waits for just this program's task. */
  take(program: Omit<Program, 'stdin'>): Pick<Standby, 'start'> | undefined {
    return this.#pool.take(keyOf(program));
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #preparation({ program, includePaths }: ProgramAhead): Preparation | undefined {
    const key = keyOf(program);
    if (this.#sources.get(key)?.areUnchanged !== true) {
      if (this.#sources.has(key) && this.#sources.get(key) === undefined) return undefined;
      if (this.#sources.size >= MAX_KNOWN) this.#sources.clear();
      const text = program.args.at(-1) ?? '';
      this.#sources.set(key, SourceFiles.of(text, { folder: program.cwd, includePaths }));
    }
    const sources = this.#sources.get(key);
    return sources && { key, program, sources };
  }
}

/** The same for programs that differ in nothing: binary, switches, modules, code, folder and environment. */
function keyOf(program: Omit<Program, 'stdin'>): string {
  return JSON.stringify(program);
}
