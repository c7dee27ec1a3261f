import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_PROC, processesWith } from '../../test/support/processes.js';

/** What a command left behind. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command at work. */
export class Command {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(child: ChildProcess) {
    this.process = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = once(child, 'close').then(([code, signal]) => ({
      code,
      signal,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** Resolves when the command has said `text` on stderr. Throws when it ends without. */
  async says(text: string): Promise<void> {
    while (!this.stderr.includes(text)) {
      const more = once(this.process.stderr ?? this.process, 'data').then(() => 'more' as const);
      if ((await Promise.race([more, this.ended])) === 'more' || this.stderr.includes(text))
        continue;
      throw new Error(`ended without saying "${text}": ${this.stderr}`);
    }
  }
}

/** The built command in a folder of its own. */
export class CliRig {
  readonly dir = mkdtempSync(join(tmpdir(), 'nuflow-cli-'));
  readonly #cli: string;
  readonly #started: ChildProcess[] = [];

  constructor(cli: string) {
    this.#cli = cli;
  }

  start(...args: readonly string[]): Command {
    const child = spawn(process.execPath, [this.#cli, ...args], {
      cwd: this.dir,
      env: { ...process.env, CI: 'true', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#started.push(child);
    return new Command(child);
  }

  run(...args: readonly string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  /** A shell's script, in which `$NUFLOW` is the command. */
  shell(script: string): Promise<Ended> {
    return this.#shell(['sh', '-c', script], { CI: 'true' });
  }

  /** The same on a terminal of its own; all that is shown is in `stdout`. */
  terminal(script: string, { rows = 24, columns = 80 } = {}): Promise<Ended> {
    const sized = `stty rows ${rows} cols ${columns}; ${script}`;
    return this.#shell(['script', '-qec', sized, '/dev/null'], { CI: '', TERM: 'xterm' });
  }

  #shell(
    [command, ...args]: readonly [string, ...string[]],
    env: NodeJS.ProcessEnv,
  ): Promise<Ended> {
    const child = spawn(command, args, {
      cwd: this.dir,
      env: { ...process.env, TZ: 'UTC', NUFLOW: `${process.execPath} ${this.#cli}`, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#started.push(child);
    return new Command(child).ended;
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  write(name: string, content: unknown): void {
    writeFileSync(this.path(name), typeof content === 'string' ? content : JSON.stringify(content));
  }

  /** The lines of a file; none when it is not there. */
  lines(name: string): string[] {
    const path = this.path(name);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  }

  /** Living processes of the tasks; none where they can't be seen. */
  tasks(): ReturnType<typeof processesWith> {
    return NO_PROC === undefined ? processesWith(`NUFLOW_RESULT=${this.dir}/`) : [];
  }

  remove(): void {
    for (const child of this.#started) child.kill('SIGKILL');
    for (const { pid } of this.tasks()) kill(pid);
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {} // gone by itself
}

/** A task that adds a line to a file. */
export function leaves(id: string, file: string, needs: readonly string[] = []): object {
  return { id, needs, shell: { command: 'sh', args: ['-c', `echo ${id} >> ${file}`] } };
}

/** A task that says its pid in `<id>.pid` and ends when the file `go` is there. */
export function waits(id: string, needs: readonly string[] = []): object {
  const script = `echo $$ > ${id}.pid; echo ${id} >> begun; until [ -e go ]; do sleep 0.02; done`;
  return { id, needs, shell: { command: 'sh', args: ['-c', script] } };
}
