import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** Secrets of the kinds that people have, new each time: an occurrence anywhere is ours. */
export const SECRETS = {
  PASSWORD: `pä"ss\\w/o rd+%${randomBytes(9).toString('hex')}`,
  TOKEN: randomUUID(),
  KEY: [
    '-----BEGIN TEST KEY-----',
    ...Array.from({ length: 4 }, () => randomBytes(48).toString('base64')),
    '-----END TEST KEY-----',
    '',
  ].join('\n'),
  'input.db.password': randomBytes(20).toString('base64'),
} as const;

/** Shortest part of a secret that may not be found: a part of one is a leak, too. */
const WINDOW = 12;
const ARMOR = /^-----.*-----$/gm;

/** What to look for, as bytes: made without the code that is tested. */
const TRACES: readonly (readonly [name: string, trace: string])[] = Object.entries(SECRETS).flatMap(
  ([name, value]) => {
    const lines = value
      .replace(ARMOR, '')
      .split('\n')
      .filter((line) => line.length >= WINDOW);
    const windows = lines.flatMap((line) =>
      Array.from({ length: line.length - WINDOW + 1 }, (_, at) => line.slice(at, at + WINDOW)),
    );
    const json = JSON.stringify(value).slice(1, -1);
    const encoded = [0, 1, 2].map((before) =>
      Buffer.from(`${'x'.repeat(before)}${lines[0]}`)
        .toString('base64')
        .slice(4, 4 + WINDOW),
    );
    const others = [
      json,
      encodeURIComponent(value),
      Buffer.from(value).toString('hex').slice(0, 40),
    ];
    const all = [...windows, ...encoded, ...others];
    return all.map((text) => [name, Buffer.from(text).toString('latin1')] as const);
  },
);

/** Names of secrets of which something is in the bytes, with what was found. */
export function tracesIn(what: string, bytes: Buffer | string): string[] {
  const text = (typeof bytes === 'string' ? Buffer.from(bytes) : bytes).toString('latin1');
  return TRACES.filter(([, trace]) => text.includes(trace)).map(
    ([name, trace]) => `${what}: ${name} ${JSON.stringify(trace)}`,
  );
}

/** All files below a folder, links and pipes not followed. */
export function filesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.map((name) => join(folder, name)).filter((path) => lstatSync(path).isFile());
}

/** Traces of secrets in the files below a folder, and in their names. */
export function tracesInFolder(folder: string): string[] {
  return filesIn(folder).flatMap((path) => {
    try {
      return [...tracesIn(path, readFileSync(path)), ...tracesIn('a name', path)];
    } catch {
      return []; // gone meanwhile
    }
  });
}

/** Traces of secrets in the arguments of processes, which everybody can read. */
export function tracesInArguments(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      return tracesIn(`arguments of ${pid}`, readFileSync(`/proc/${pid}/cmdline`));
    } catch {
      return [];
    }
  });
}

/** The built command and daemon over one data directory, and all they ever wrote. */
export class SecretsRig {
  readonly dir = mkdtempSync(join(tmpdir(), 'nuflow-secrets-'));
  readonly dataDir = join(this.dir, 'data');
  /** What was written, by who wrote it. */
  readonly heard: { readonly who: string; text: string }[] = [];
  readonly #cli: string;
  readonly #started: ChildProcess[] = [];

  constructor(cli: string) {
    this.#cli = cli;
  }

  /** The library that the command was built with. */
  get library(): string {
    return join(dirname(this.#cli), 'node_modules/nuflow/dist/index.js');
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  /** Starts the command; `env` is added to the environment. */
  command(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const where = ['--data-dir', this.dataDir];
    return this.#start(args.slice(0, 2).join(' '), [this.#cli, ...args, ...where], env);
  }

  /** Runs the command to its end; gives its exit code and what it wrote. */
  async run(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly code: number | null; readonly text: string }> {
    const before = this.heard.length;
    const [code] = (await once(this.command(args, env), 'close')) as [number | null];
    const text = this.heard.slice(before).map((it) => it.text);
    return { code, text: text.join('') };
  }

  /** Starts the daemon; resolves with its address when it answers. */
  async daemon(
    env: Readonly<Record<string, string>>,
  ): Promise<{ url: string; child: ChildProcess }> {
    const script = join(dirname(this.#cli), 'daemon.js');
    const args = [script, '--port', '0', '--data-dir', this.dataDir];
    const child = this.#start('daemon', args, env);
    if (child.stdout === null) throw new Error('no stdout');
    for await (const line of createInterface({ input: child.stdout })) {
      const [, url] = / on (http:\S+?),/.exec(line) ?? [];
      if (url !== undefined) return { url, child };
    }
    throw new Error('the daemon did not start');
  }

  /** What the daemon answers to a request with its token. */
  async ask(url: string, path: string, init: RequestInit = {}): Promise<string> {
    const token = readFileSync(join(this.dataDir, 'token'), 'utf8').trim();
    const answer = await fetch(url + path, {
      ...init,
      headers: { authorization: `Bearer ${token}` },
    });
    const text = await answer.text();
    this.heard.push({ who: `GET ${path}`, text });
    return text;
  }

  /** Traces of secrets in all that was ever written or answered. */
  get tracesHeard(): string[] {
    return this.heard.flatMap(({ who, text }) => tracesIn(who, text));
  }

  remove(): void {
    for (const child of this.#started) child.kill('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  #start(
    who: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): ChildProcess {
    const child = spawn(process.execPath, args, {
      cwd: this.dir,
      env: { ...process.env, CI: 'true', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#started.push(child);
    for (const stream of [child.stdout, child.stderr]) {
      const heard = { who, text: '' };
      this.heard.push(heard);
      stream?.setEncoding('utf8').on('data', (text: string) => {
        heard.text += text;
      });
    }
    return child;
  }
}
