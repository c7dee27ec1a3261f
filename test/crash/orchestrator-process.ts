import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Orders } from './orders.js';

/** A line the orchestrator told: an event, or `ready`, `result`, `order.failed`. */
export interface Told {
  readonly type: string;
  readonly seq?: number;
  readonly task?: string;
  readonly attempt?: number;
  readonly text?: string;
  readonly stream?: string;
  readonly offset?: number;
  readonly bytes?: number;
  readonly status?: string | null;
  readonly error?: unknown;
}

/** An orchestrator in a process of its own. */
export class OrchestratorProcess {
  readonly told: Told[] = [];
  readonly child: ChildProcess;
  /** Resolves when it is dead and all it told was read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  stderr = '';
  #onTold: (() => void) | undefined;

  /** `orders` is the path of a file of {@link Orders}. Its environment holds the marker, and little else. */
  constructor(program: string, orders: string, marker: Orders['marker']) {
    this.child = spawn(process.execPath, [program, orders], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...marker },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.child.stdin?.on('error', () => {}); // told to a dead process
    const { stdout } = this.child;
    if (stdout === null) throw new Error('no stdout');
    createInterface({ input: stdout }).on('line', (line) => this.#hear(line));
    this.ended = once(this.child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('it did not start');
    return this.child.pid;
  }

  /** Whether a signal ended it, so that it could not clean up. */
  get wasKilled(): boolean {
    return this.child.signalCode !== null;
  }

  /** Status of the run in its last words; null when it was closed before the end, undefined when it was killed. */
  get result(): string | null | undefined {
    return this.told.find(({ type }) => type === 'result')?.status;
  }

  order(line: 'cancel' | 'drain' | 'stop' | 'detach' | 'close-cancel'): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** Resolves with the first told line that is `wanted`; undefined when it ended without. */
  async until(wanted: (told: Told) => boolean): Promise<Told | undefined> {
    const found = new Promise<void>((resolve) => {
      this.#onTold = () => this.told.some(wanted) && resolve();
      this.#onTold();
    });
    await Promise.race([found, this.ended]);
    return this.told.find(wanted);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.ended;
  }

  #hear(line: string): void {
    try {
      this.told.push(JSON.parse(line) as Told);
    } catch {
      return; // killed in the middle of a word
    }
    this.#onTold?.();
  }
}
