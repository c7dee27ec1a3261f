import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach } from 'vitest';

export const SINCE = '2026-01-02T03:04:05.678Z';

/** Gives paths of files that are not there yet, in folders that are gone after the file's tests. */
export function newPaths(): () => string {
  const folder = mkdtempSync(join(tmpdir(), 'nuflow-lock-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return () => join(mkdtempSync(join(folder, 'x-')), 'lock');
}

/** A process, and the first it said. */
export interface Holder {
  readonly child: ChildProcess;
  readonly said: string;
}

/** Processes that hold things, all of them gone after each test. */
export class Holders {
  readonly #library: string;
  readonly #started: ChildProcess[] = [];

  /** `library`: the folder with the library as JavaScript. */
  constructor(library: string) {
    this.#library = library;
    afterEach(async () => {
      await Promise.all(this.#started.splice(0).map((child) => killed({ child })));
    });
  }

  /**
   * A process that has run this code and now waits for ever; resolves when it says so. `load(file)` gives
   * a module of the library.
   */
  async start(code: string): Promise<Holder> {
    const load = `const load = (file) => import('${pathToFileURL(this.#library)}/' + file);`;
    const wait = `console.log('holding'); setInterval(() => {}, 1000);`;
    const args = ['--input-type=module', '-e', `${load}\n${code}\n${wait}`];
    return this.run(process.execPath, args);
  }

  /** Any program; resolves when it has printed something. */
  async run(file: string, args: readonly string[]): Promise<Holder> {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#started.push(child);
    const said = once(child.stdout as NodeJS.ReadableStream, 'data').then(String);
    const ended = once(child, 'exit').then(() => {
      throw new Error(`${file} ended at once`);
    });
    ended.catch(() => {});
    return { child, said: await Promise.race([said, ended]) };
  }
}

/** Kills a process with SIGKILL and waits until it is gone. */
export async function killed({ child }: Pick<Holder, 'child'>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
