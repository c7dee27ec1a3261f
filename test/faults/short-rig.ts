import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowFile } from '../../src/index.js';
import { checkJournal } from '../../src/journal/repair/check.js';
import { NUSHELLS } from '../runners/attempts.js';
import { lives } from '../support/processes.js';
import type { ShortOrders, ShortStory } from './short-orders.js';

const AT_ONCE = 6;
/** What an orchestrator here takes at most, ms; waiting for ever for what does not come is a failure too. */
const PATIENCE_MS = 40_000;

/** Tasks of both kinds, all but the last two at once; each adds its id to the file `ledger`, then works for a while. */
export const SHORT_WORKFLOW: WorkflowFile = {
  name: 'short',
  tasks: Array.from({ length: AT_ONCE + 2 }, (_, n) => ({
    id: `t${n}`,
    needs: n < AT_ONCE ? [] : [`t${n - AT_ONCE}`],
    ...(n % 2 === 0
      ? { nu: { code: `"t${n}\\n" | save --append ledger; sleep 100ms; ${n}` } }
      : { shell: { command: 'sh', args: ['-c', `echo t${n} >> ledger; sleep 0.1; echo ${n}`] } }),
  })),
};

/** A data directory, and orchestrators in processes of their own that have too little of something. */
export class ShortRig {
  readonly dir = mkdtempSync(join(tmpdir(), 'nuflow-short-'));
  readonly #program: string;
  readonly #user: number | undefined;

  /** `user`: the id of whom all of it belongs to, and who runs it; default this process's. */
  constructor(program: string, user?: number) {
    this.#program = program;
    this.#user = user;
    // There from the beginning: Nushell opens a file that is not there without O_APPEND.
    writeFileSync(this.path('ledger'), '');
    chmodSync(this.dir, 0o755);
    if (user !== undefined) for (const path of [this.dir, this.path('ledger')]) this.give(path);
  }

  path(...names: readonly string[]): string {
    return join(this.dir, ...names);
  }

  /** Makes the file or folder the user's. */
  give(path: string): void {
    if (this.#user !== undefined) chownSync(path, this.#user, this.#user);
  }

  /** Runs an orchestrator; its story, undefined when it killed itself or Node did. Throws when anything else ended it, or it said something on stderr. */
  async orchestrate(
    more: Partial<ShortOrders> = {},
    limits: readonly string[] = [],
  ): Promise<ShortStory | undefined> {
    const orders: ShortOrders = {
      dataDir: this.path('data'),
      baseDir: this.dir,
      binary: NUSHELLS[0][1],
      run: 'r',
      workflow: SHORT_WORKFLOW,
      atOnce: AT_ONCE,
      ...more,
    };
    const { signal, text } = await output(
      [...this.#as(), ...limits, process.execPath, this.#program, JSON.stringify(orders)],
      this.dir,
    );
    if (signal === 'SIGKILL' && more.diesAtWork) return undefined;
    // When it can't have a thread Node aborts, or waits for ever before it runs anything.
    if (signal === 'SIGABRT' || (signal === 'SIGTERM' && !existsSync(this.path('data'))))
      return undefined;
    try {
      return JSON.parse(text) as ShortStory;
    } catch {
      throw new Error(`it ended by ${signal}: ${text}`);
    }
  }

  /** How often each task did its work. */
  worked(): ReadonlyMap<string, number> {
    const times = new Map<string, number>();
    for (const task of readFileSync(this.path('ledger'), 'utf8').split('\n').filter(Boolean))
      times.set(task, (times.get(task) ?? 0) + 1);
    return times;
  }

  async verdict(run = 'r'): Promise<string> {
    return (await checkJournal({ dataDir: this.path('data'), run })).verdict;
  }

  /** Removes all of it, and what is left of the user's processes: a helper that waits so notices nothing. */
  remove(): void {
    for (const pid of this.#processes()) process.kill(pid, 'SIGKILL');
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  #processes(): number[] {
    if (this.#user === undefined) return [];
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const isOurs = (pid: string): boolean =>
      statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === this.#user && lives(Number(pid));
    return pids.filter(isOurs).map(Number);
  }

  #as(): string[] {
    if (this.#user === undefined) return [];
    return ['setpriv', `--reuid=${this.#user}`, `--regid=${this.#user}`, '--clear-groups'];
  }
}

/** What a command said on stdout and stderr together, and the signal that ended it. */
function output(
  [file = '', ...args]: readonly string[],
  cwd: string,
): Promise<{ readonly signal: string | undefined; readonly text: string }> {
  const env = { PATH: process.env.PATH, HOME: '/nowhere' };
  return new Promise((resolve) =>
    execFile(file, args, { cwd, env, timeout: PATIENCE_MS }, (error, stdout, stderr) =>
      resolve({ signal: error?.signal ?? undefined, text: stdout + stderr }),
    ),
  );
}
