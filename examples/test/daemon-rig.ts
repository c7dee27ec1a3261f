import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { builtOnce } from '../../test/support/built-once.js';
import { tokenPath } from '../daemon/token.js';
import type { ProvisioningRig } from './provisioning-rig.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** Folder with daemon.js, demo.js and the library they import. Under `examples/`, where they find their packages and the Nushell tool. */
export function builtExamples(): string {
  return builtOnce('examples/node_modules', 'daemon', (folder) => {
    const library = join(folder, 'node_modules/nuflow');
    tsc('-p', 'tsconfig.build.json', '--outDir', join(library, 'dist'));
    cpSync(join(ROOT, 'package.json'), join(library, 'package.json'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    // Types are checked elsewhere; here `nuflow` has none yet.
    const how = ['--ignoreConfig', '--noCheck', '--module', 'nodenext', '--target', 'es2023'];
    const files = ['examples/demo.ts', 'examples/daemon.ts'];
    tsc(...how, '--rootDir', 'examples', '--outDir', folder, ...files);
  });
}

function tsc(...args: readonly string[]): void {
  execFileSync(process.execPath, [TSC, ...args], { cwd: ROOT, stdio: 'pipe' });
}

/** A server-sent event. */
export interface SentEvent {
  readonly id: number | undefined;
  readonly type: string;
  readonly data: { readonly [key: string]: unknown };
}

/** A daemon in a process of its own, on a free port, over a provisioning rig's folders. */
export class DaemonRig {
  url = '';
  /** What it said on standard error. */
  complaints = '';
  /** The line it printed when it was ready. */
  greeting = '';
  readonly #script: string;
  readonly #rig: ProvisioningRig;
  #dataDir: string;
  #process: ChildProcess | undefined;

  constructor(built: string, rig: ProvisioningRig) {
    this.#script = join(built, 'daemon.js');
    this.#rig = rig;
    this.#dataDir = join(rig.dir, 'data');
  }

  get dataDir(): string {
    return this.#dataDir;
  }

  get token(): string {
    return readFileSync(tokenPath(this.dataDir), 'utf8').trim();
  }

  /** What the CLI needs to find this daemon. */
  get cliEnv(): Record<string, string> {
    return {
      PROVISIONING_ORCHESTRATOR: this.url,
      PROVISIONING_TOKEN_FILE: tokenPath(this.dataDir),
    };
  }

  /** Starts a daemon process; its exit code comes from `exited`. */
  spawn(): ChildProcess {
    return spawn(process.execPath, [this.#script, '--port', '0', '--data-dir', this.dataDir], {
      env: this.#rig.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Starts the daemon; resolves when it answers. */
  async start(daemon = this.spawn()): Promise<void> {
    this.#process = daemon;
    this.complaints = '';
    daemon.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.complaints += text;
    });
    if (daemon.stdout === null) throw new Error('no stdout');
    for await (const line of createInterface({ input: daemon.stdout })) {
      this.greeting = line;
      this.url = / on (http:\S+?),/.exec(line)?.[1] ?? '';
      return;
    }
    throw new Error(`the daemon did not start: ${this.complaints}`);
  }

  /**
   * Starts the daemon with its data on a small file system of its own, which goes with its process. Gives the data
   * directory's path for others to look there.
   */
  async startOnOwnDisk(): Promise<string> {
    const disk = join(this.#rig.dir, 'disk');
    mkdirSync(disk);
    const script = 'mount -t tmpfs -o size=12m tmpfs "$0" && exec "$@"';
    const command = [process.execPath, this.#script, '--port', '0', '--data-dir', `${disk}/data`];
    const daemon = spawn('unshare', ['-m', 'sh', '-c', script, disk, ...command], {
      env: this.#rig.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await this.start(daemon);
    this.#dataDir = `/proc/${daemon.pid}/root${disk}/data`;
    return this.#dataDir;
  }

  /** Stops to read what the daemon says. */
  closeOutput(): void {
    this.#process?.stdout?.destroy();
    this.#process?.stderr?.destroy();
  }

  /** Sends a signal; resolves with the exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    const daemon = this.#process;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null)
      return daemon?.exitCode ?? null;
    const exit = once(daemon, 'exit');
    daemon.kill(signal);
    const [code, by] = (await exit) as [number | null, NodeJS.Signals | null];
    return code ?? by;
  }

  /** A request with the token; `init.headers` win. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}`, ...init.headers };
    return fetch(this.url + path, { ...init, headers });
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(path, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  /** Starts a workflow; gives its id. */
  async submit(path: string, params: unknown): Promise<string> {
    const answer = await this.post(`/workflows/${path}`, { infra: 'local', params });
    const body = (await answer.json()) as { workflow_id?: string };
    if (answer.status !== 202 || body.workflow_id === undefined)
      throw new Error(`${answer.status} ${JSON.stringify(body)}`);
    return body.workflow_id;
  }

  /** A workflow's events after `after`, until its end or the daemon's. */
  async *events(id: string, after = 0): AsyncGenerator<SentEvent> {
    const headers = { 'last-event-id': String(after) };
    const { body } = await this.fetch(`/workflows/${id}/events`, { headers });
    if (body === null) return;
    let text = '';
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      yield* blocks.filter((block) => !block.startsWith(':')).map(parseEvent);
    }
  }

  /** All records of a workflow, waited for until it ends. */
  async records(id: string, after = 0): Promise<SentEvent[]> {
    const found: SentEvent[] = [];
    for await (const event of this.events(id, after)) if (event.id !== undefined) found.push(event);
    return found;
  }
}

function parseEvent(block: string): SentEvent {
  const fields = new Map(
    block.split('\n').map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]),
  );
  const id = fields.get('id');
  return {
    id: id === undefined ? undefined : Number(id),
    type: fields.get('event') ?? '',
    data: JSON.parse(fields.get('data') ?? '{}') as SentEvent['data'],
  };
}
