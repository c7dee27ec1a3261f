import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Contender } from '../harness/contender.js';
import { inFolder } from '../harness/folder.js';
import { installPrograms, PROGRAMS } from './programs.js';
import { has, postgresPrograms, type Service, startPostgres, startRedis } from './service.js';

/** Shapes that all orchestrators run. */
export type ShapeName = 'independent' | 'chain' | 'fan';

const NODE = [process.execPath] as const;
/** For peers that want a newer Node than ours. */
const NODE_24 = ['npx', '--yes', '--package', 'node@24', 'node'] as const;

interface Peer {
  readonly name: string;
  readonly program: string;
  readonly node: readonly [string, ...string[]];
  /** More than this takes too long; time is taken to grow with the number of tasks. */
  readonly most: number;
  readonly start: (folder: string) => Promise<Service>;
  readonly unavailable: () => string | undefined;
}

const BULLMQ: Peer = {
  name: 'BullMQ, Redis always',
  program: 'bullmq.mjs',
  node: NODE,
  most: 10_000,
  start: startRedis,
  unavailable: () =>
    has('redis-server') ? undefined : 'needs redis-server (apt-get install redis)',
};
const DBOS: Peer = {
  name: 'DBOS, PostgreSQL',
  program: 'dbos.mjs',
  node: NODE,
  most: 1_000,
  start: startPostgres,
  unavailable: () =>
    postgresPrograms() ? undefined : 'needs PostgreSQL (apt-get install postgresql)',
};
const OPEN_WORKFLOW: Peer = {
  name: 'OpenWorkflow, SQLite',
  program: 'openworkflow.mjs',
  node: NODE_24,
  most: 1_000,
  start: async (folder) => ({ address: join(folder, 'bench.db'), stop: async () => {} }),
  unavailable: () => undefined,
};

/** The orchestrators nuflow is compared with, as durable as it. `quick` leaves out the slower two. */
export function orchestrators(shape: ShapeName, size: number, quick: boolean): Contender[] {
  const queue = shape === 'independent' ? { ...OPEN_WORKFLOW, most: 100 } : OPEN_WORKFLOW;
  const peers = quick ? [{ ...BULLMQ, most: 3_000 }] : [BULLMQ, DBOS, queue];
  return peers.map((peer) => ({
    name: peer.name,
    unavailable: peer.unavailable,
    sample: () => inFolder((folder) => sample(peer, folder, shape, size)),
  }));
}

async function sample(peer: Peer, folder: string, shape: ShapeName, size: number): Promise<number> {
  installPrograms();
  const service = await peer.start(folder);
  try {
    const done = Math.min(size, peer.most);
    const [command, ...args] = peer.node;
    const program = [join(PROGRAMS, peer.program), shape, String(done), service.address];
    const printed = execFileSync(command, [...args, ...program], {
      cwd: PROGRAMS,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return (Number(printed.trim().split('\n').at(-1)) * size) / done;
  } finally {
    await service.stop();
  }
}
