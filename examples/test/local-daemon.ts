import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Limits, limitsFor } from '../daemon/limits.js';
import type { DaemonOptions } from '../daemon/options.js';
import { type RunningDaemon, startDaemon } from '../daemon/start.js';
import { tokenPath } from '../daemon/token.js';
import { MemoryLog } from './memory-log.js';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Code of the problem, when it is one. */
  readonly code: string | undefined;
}

/** A daemon in this process, on a free port, with a data directory of its own. */
export class LocalDaemon {
  readonly folder = mkdtempSync(join(tmpdir(), 'nuflow-local-daemon-'));
  readonly dataDir = join(this.folder, 'data');
  readonly log = new MemoryLog();
  #daemon: RunningDaemon | undefined;
  #token = '';

  async start(options: Partial<DaemonOptions> = {}, limits: Partial<Limits> = {}): Promise<void> {
    this.#daemon = await startDaemon(
      { port: 0, host: '127.0.0.1', dataDir: this.dataDir, concurrency: 2, ...options },
      { log: this.log, limits: { ...limitsFor(1_024), ...limits } },
    );
    this.#token = readFileSync(tokenPath(this.dataDir), 'utf8').trim();
  }

  get url(): string {
    return this.#daemon?.url ?? '';
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** `Authorization` with the token. */
  get authorization(): string {
    return `Bearer ${this.#token}`;
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: this.authorization, ...init.headers };
    return fetch(this.url + path, { ...init, headers });
  }

  post(path: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
    const all = { 'content-type': 'application/json', ...headers };
    return this.fetch(path, { method: 'POST', body, headers: all });
  }

  /** A connection that has said `text`. */
  connect(text = '', host = '127.0.0.1'): Socket {
    const socket = createConnection({ port: this.port, host });
    socket.on('error', () => {}); // that it is closed is waited for
    socket.write(text);
    return socket;
  }

  /** Sends text as it is; gives what came until the daemon closed the connection. */
  async send(text: string | Uint8Array, host?: string): Promise<string> {
    const socket = this.connect('', host);
    socket.write(text);
    return untilClosed(socket);
  }

  /** A request with exactly these headers (and `Connection: close`), and its answer. */
  async ask(
    line: string,
    headers: Record<string, string> = {},
    body: string | Uint8Array = '',
  ): Promise<RawAnswer> {
    const all = { host: `127.0.0.1:${this.port}`, ...headers, connection: 'close' };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `${line} HTTP/1.1\r\n${lines.join('')}\r\n`;
    return parseAnswer(await this.send(Buffer.concat([Buffer.from(head), Buffer.from(body)])));
  }

  /** Ends it without waiting for its tasks, and removes its folder. */
  async remove(): Promise<void> {
    const drained = this.#daemon?.close();
    await this.#daemon?.close();
    await drained;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What comes over a connection until the other end closes it. */
export function untilClosed(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('latin1').on('data', (piece) => {
      text += piece;
    });
    socket.on('close', () => resolve(text));
  });
}

/** The first answer in what came. */
export function parseAnswer(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [line = '', ...fields] = head.split('\r\n');
  const headers = new Headers(
    fields.map((field): [string, string] => {
      const at = field.indexOf(':');
      return [field.slice(0, at), field.slice(at + 1).trim()];
    }),
  );
  const body = rest.join('\r\n\r\n');
  const code = /"error":\{"code":"(\w+)"/.exec(body)?.[1];
  return { status: Number(line.split(' ')[1]), headers, text: body, code };
}
