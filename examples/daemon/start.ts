import type { AddressInfo } from 'node:net';
import { Orchestrator } from 'nuflow';
import { readCatalog } from '../workflows/catalog.js';
import { createApp } from './app.js';
import { Connections } from './connections.js';
import { bindHost, hostNames, reachableUrl } from './hosts.js';
import { descriptorLimit, type Limits, limitsFor } from './limits.js';
import { type Log, logOn } from './log.js';
import type { DaemonOptions } from './options.js';
import { provisioningDir } from './places.js';
import { retryStopped } from './retry-stopped.js';
import { closeServer, httpServer, listening } from './server.js';
import { EventStreams } from './sse.js';
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

/** What belongs to the process rather than to what is asked of it. */
export interface DaemonSurroundings {
  /** Default standard error. */
  readonly log?: Log | undefined;
  /** Default what the number of files that may be open allows. */
  readonly limits?: Limits | undefined;
}

/** What the provisioning tool reads from its environment. */
const TOOL_ENV = ['PROVISIONING_STATE', 'PROVISIONING_INFRA'];

/** Opens the data directory, takes up what was unfinished, listens. Throws DataDirLockedError, or what listen throws. */
export async function startDaemon(
  options: DaemonOptions,
  { log = logOn(process.stderr), limits = limitsFor(descriptorLimit()) }: DaemonSurroundings = {},
): Promise<RunningDaemon> {
  const { dataDir, concurrency } = options;
  const baseDir = provisioningDir();
  const orchestrator = await Orchestrator.open({
    dataDir,
    concurrency,
    baseDir,
    env: TOOL_ENV,
    secrets: secretFromEnvironment,
  });
  const stopRetrying = retryStopped(orchestrator, log);
  let closing = false;
  try {
    const token = await readOrMakeToken(dataDir);
    const { runs } = await orchestrator.resumeAll(); // what is refused stopped, and is in the log
    const connections = new Connections(limits);
    const app = createApp({
      orchestrator,
      dataDir,
      token,
      hosts: hostNames(options.host),
      catalog: () => readCatalog(baseDir),
      closing: () => closing,
      log,
      streams: new EventStreams(limits.streams, limits.heartbeatMs, log),
      connections,
    });
    const server = httpServer(app, { connections, limits, log });
    await listening(server, options.port, bindHost(options.host));
    return {
      url: reachableUrl(server.address() as AddressInfo),
      resumed: runs.map(({ id }) => id),
      close: async () => {
        const mode = closing ? 'detach' : 'drain';
        closing = true;
        stopRetrying();
        await orchestrator.close({ mode });
        await closeServer(server);
      },
    };
  } catch (error) {
    stopRetrying();
    await orchestrator.close({ mode: 'detach' });
    throw error;
  }
}

/** Secret `db.password` is in the variable NUFLOW_SECRET_DB_PASSWORD. */
function secretFromEnvironment(name: string): string | undefined {
  return process.env[`NUFLOW_SECRET_${name.toUpperCase().replace(/\W/g, '_')}`];
}
