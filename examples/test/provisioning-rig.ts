import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { provisioningDir } from '../daemon/places.js';

/** The Nushells everything must work on. */
export const NUSHELLS: readonly (readonly [version: string, binary: string])[] = [
  ['0.115', binaryOf('nushell')],
  ['0.108', binaryOf('nushell-0.108')],
];

/** The binary that one of our development dependencies brings along. */
function binaryOf(name: string): string {
  const ofPackage = createRequire(createRequire(import.meta.url).resolve(`${name}/package.json`));
  return ofPackage.resolve(`@nushell/${process.platform}-${process.arch}/bin/nu`);
}

/** How a command of the CLI ended. */
export interface CliEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A line of the provider's ledger. */
export interface LedgerEntry {
  readonly op: string;
  readonly name: string;
  readonly key?: string;
  readonly service?: string;
}

/** A server as the CLI shows it. */
export interface Server {
  readonly name: string;
  readonly status: string;
  readonly address: string;
  readonly services: readonly string[];
}

/** What the provisioning tool works in: folders of its own, a provider that does not dawdle. */
export class ProvisioningRig {
  readonly dir = mkdtempSync(join(tmpdir(), 'nuflow-provisioning-'));
  readonly env: Record<string, string>;

  constructor(nushell: string = NUSHELLS[0]?.[1] ?? '') {
    this.env = {
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: this.dir,
      NUFLOW_NU: nushell,
      PROVISIONING_STATE: join(this.dir, 'state'),
      PROVISIONING_INFRA: join(this.dir, 'infra'),
    };
    this.infra('{provider: local}');
  }

  /** Describes infrastructure `local` anew, in NUON. */
  infra(nuon: string): void {
    mkdirSync(join(this.dir, 'infra'), { recursive: true });
    writeFileSync(join(this.dir, 'infra', 'local.nuon'), nuon);
  }

  /** Runs the CLI to its end. */
  async cli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliEnd> {
    const child = spawn(join(provisioningDir(), 'provisioning'), args, {
      cwd: this.dir,
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (chunk: string) => {
        text[stream] += chunk;
      });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...text };
  }

  /** Runs the CLI and gives back what it answers as JSON. Throws with what it says when it fails. */
  async json<T>(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<T> {
    const { code, stdout, stderr } = await this.cli([...args, '--json'], env);
    if (code !== 0) throw new Error(`provisioning ${args.join(' ')} failed: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** What a command of a module gives, called as the orchestrator calls it for the task with this key. */
  call<T>(module: string, command: string, args: readonly string[], key: string): T {
    const code = `use ${module} *; ${[command, ...args].join(' ')} | to json --raw`;
    const out = execFileSync(this.env.NUFLOW_NU ?? '', ['-n', '--no-std-lib', '-c', code], {
      cwd: provisioningDir(),
      env: { ...this.env, NUFLOW_TASK_KEY: key },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return JSON.parse(out) as T;
  }

  servers(): Promise<readonly Server[]> {
    return this.json(['server', 'list']);
  }

  /** What the provider really made. */
  ledger(): readonly LedgerEntry[] {
    const text = readFileSync(join(this.dir, 'state', 'ledger.ndjson'), 'utf8');
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LedgerEntry);
  }

  /** Removes everything; servers end when their folder does. */
  remove(): void {
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Whether somebody listens at `host:port`. */
export function isListening(address: string): Promise<boolean> {
  const [host = '', port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
