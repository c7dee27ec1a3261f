import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { processTable } from '../../src/runners/process/process-table.js';
import type { Attempt, Execution, Outcome, OutputChunk, Runner } from '../../src/runners/runner.js';

/** The Nushell versions every test of Nushell tasks runs on. */
export const NUSHELLS = [
  ['0.115', binaryIn('../../node_modules')],
  ['0.108', binaryIn('../../node_modules/nushell-0.108/node_modules')],
] as const;

function binaryIn(modules: string): string {
  const path = `${modules}/@nushell/${process.platform}-${process.arch}/bin/nu`;
  return fileURLToPath(new URL(path, import.meta.url));
}

/** A folder that is removed when the tests around the call are done; not for use inside a test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nuflow-runners-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An attempt under test: what it is made of, what it printed, and how to wait for it. */
export class AttemptRig {
  readonly attempt: Attempt;
  readonly chunks: OutputChunk[] = [];
  #execution: Execution | undefined;
  #onChunk: (() => void) | undefined;

  constructor(folder: string, more: Partial<Attempt>) {
    const id = randomUUID();
    this.attempt = {
      run: 'run-1',
      task: 'task',
      attempt: 1,
      key: `key-${id}`,
      cookie: id.replaceAll('-', ''),
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      with: {},
      dir: join(folder, id),
      baseDir: folder,
      output: (chunk) => {
        this.chunks.push(chunk);
        this.#onChunk?.();
      },
      ...more,
    };
  }

  start(runner: Runner): Execution {
    this.#execution = runner.start(this.attempt);
    return this.#execution;
  }

  /** What was printed so far. */
  text(stream?: 'stdout' | 'stderr'): string {
    const wanted = this.chunks.filter((c) => stream === undefined || c.stream === stream);
    return wanted.map((chunk) => chunk.text).join('');
  }

  /** Resolves with what was printed once it matches; rejects when the attempt ends without. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    const seen = new Promise<void>((resolve) => {
      this.#onChunk = () => pattern.test(this.text()) && resolve();
      this.#onChunk();
    });
    await Promise.race([seen, this.#execution?.outcome]);
    const match = pattern.exec(this.text());
    if (match === null) throw new Error(`it ended without printing ${pattern}: ${this.text()}`);
    return match;
  }

  /** Pids of the living processes that carry the attempt's cookie. */
  async processes(): Promise<number[]> {
    const table = await processTable();
    return table.filter((entry) => entry.cookie === this.attempt.cookie).map((entry) => entry.pid);
  }
}

/** Runs an attempt to its end. */
export async function outcomeOf(
  runner: Runner,
  folder: string,
  more: Partial<Attempt>,
): Promise<Outcome> {
  return new AttemptRig(folder, more).start(runner).outcome;
}

/** Output of an attempt that must succeed. */
export async function outputOf(runner: Runner, folder: string, settings: Attempt['with']) {
  const outcome = await outcomeOf(runner, folder, { with: settings });
  if (outcome.status !== 'succeeded') throw new Error(JSON.stringify(outcome, null, 1));
  return outcome.output;
}

/** Error of an attempt that must fail, or die. */
export async function errorOf(runner: Runner, folder: string, settings: Attempt['with']) {
  const outcome = await outcomeOf(runner, folder, { with: settings });
  if ('error' in outcome && outcome.error !== undefined) return outcome.error;
  throw new Error(JSON.stringify(outcome, null, 1));
}

/** Whether a process lives; zombies don't. */
export async function lives(pid: number): Promise<boolean> {
  return (await processTable()).some((entry) => entry.pid === pid);
}
