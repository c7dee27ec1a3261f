import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A server that lives for one sample. */
export interface Service {
  /** What its client is told: a port, a URL. */
  readonly address: string;
  stop(): Promise<void>;
}

const REDIS_PORT = 7399;
const POSTGRES_PORT = 7398;
const POSTGRES_HOME = '/usr/lib/postgresql';

/** Whether a program is on the PATH. */
export function has(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Redis that syncs each write before it answers, as durable as nuflow. */
export async function startRedis(folder: string): Promise<Service> {
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const args = ['--port', String(REDIS_PORT), '--dir', folder, ...durable];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  await listening(REDIS_PORT);
  return {
    address: String(REDIS_PORT),
    stop: async () => {
      server.kill('SIGTERM');
      await once(server, 'exit');
    },
  };
}

/** Folder of the newest PostgreSQL's programs; undefined when there is none. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(POSTGRES_HOME) ? readdirSync(POSTGRES_HOME).map(Number) : [];
  const newest = versions.sort((a, b) => a - b).at(-1);
  return newest === undefined ? undefined : join(POSTGRES_HOME, String(newest), 'bin');
}

/** PostgreSQL as it comes: a commit is on disk when it returns. It refuses to run as root, so root lends it the user `postgres`. */
export async function startPostgres(folder: string): Promise<Service> {
  const programs = postgresPrograms() ?? '';
  const home = join(folder, 'postgres');
  mkdirSync(home);
  const root = process.getuid?.() === 0;
  if (root) {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
    chownSync(home, id('-u'), id('-g'));
    execFileSync('chmod', ['755', folder]);
  }
  const run = (command: string): void => {
    const shell = ['-c', command];
    if (root) execFileSync('su', ['postgres', ...shell], { stdio: 'ignore' });
    else execFileSync('sh', shell, { stdio: 'ignore' });
  };
  const data = join(home, 'data');
  run(`${programs}/initdb -D ${data} -A trust -U postgres`);
  run(`${programs}/pg_ctl -D ${data} -o '-p ${POSTGRES_PORT} -k ${home}' -w start`);
  return {
    address: `postgres://postgres@127.0.0.1:${POSTGRES_PORT}/bench`,
    stop: async () => run(`${programs}/pg_ctl -D ${data} -m fast stop`),
  };
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = createConnection(port, '127.0.0.1');
    const answered = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      delay(1_000, false),
    ]);
    socket.destroy();
    if (answered) return;
    await delay(50);
  }
  throw new Error(`nobody listens on port ${port}`);
}
