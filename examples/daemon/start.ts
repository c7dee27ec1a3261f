import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Orchestrator } from 'nuflow';
import { readCatalog } from '../workflows/catalog.js';
import { createApp } from './app.js';
import type { DaemonOptions } from './options.js';
import { provisioningDir } from './places.js';
import { readOrMakeToken } from './token.js';

/** A daemon that answers. */
export interface RunningDaemon {
  /** `http://127.0.0.1:9090` */
  readonly url: string;
  /** Ids of the unfinished workflows it found and took up. */
  readonly resumed: readonly string[];
  /** Takes no more workflows, lets running tasks end, then stops. Called again it ends at once: tasks go on by themselves, and the next daemon takes them up. */
  close(): Promise<void>;
}

/** What the provisioning tool reads from its environment. */
const TOOL_ENV = ['PROVISIONING_STATE', 'PROVISIONING_INFRA'];

/** Opens the data directory, takes up what was unfinished, listens. Throws DataDirLockedError, or what listen throws. */
export async function startDaemon(options: DaemonOptions): Promise<RunningDaemon> {
  const { dataDir, concurrency } = options;
  const baseDir = provisioningDir();
  const orchestrator = await Orchestrator.open({
    dataDir,
    concurrency,
    baseDir,
    env: TOOL_ENV,
    secrets: secretFromEnvironment,
  });
  let closing = false;
  try {
    const token = await readOrMakeToken(dataDir);
    const { runs, refused } = await orchestrator.resumeAll();
    for (const { id, error } of refused) console.error(`${id} is left alone: ${error.message}`);
    const hosts = new Set(['127.0.0.1', 'localhost', '[::1]', options.host]);
    const catalog = () => readCatalog(baseDir);
    const app = createApp({
      orchestrator,
      dataDir,
      token,
      hosts,
      catalog,
      closing: () => closing,
    });
    const server = await listen(app.fetch, options);
    return {
      url: urlOf(server),
      resumed: runs.map(({ id }) => id),
      close: async () => {
        const mode = closing ? 'detach' : 'drain';
        closing = true;
        await orchestrator.close({ mode });
        await closeServer(server);
      },
    };
  } catch (error) {
    await orchestrator.close({ mode: 'detach' });
    throw error;
  }
}

/** Secret `db.password` is in the variable NUFLOW_SECRET_DB_PASSWORD. */
function secretFromEnvironment(name: string): string | undefined {
  return process.env[`NUFLOW_SECRET_${name.toUpperCase().replace(/\W/g, '_')}`];
}

function listen(
  fetch: Parameters<typeof serve>[0]['fetch'],
  { port, host }: DaemonOptions,
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname: host }, () => resolve(server)) as Server;
    server.once('error', reject);
  });
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
