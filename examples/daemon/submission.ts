import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import type { RequestKind } from '../workflows/requests.js';
import { jsonBody } from './body.js';
import type { Daemon } from './context.js';
import { Problem } from './problem.js';

/** Answers 202 when the run is on disk: from then on no crash loses it. */
export async function submit(c: Context, daemon: Daemon, kind: RequestKind): Promise<Response> {
  if (daemon.closing()) throw new Problem(503, 'closing', 'the daemon is closing; try again soon');
  const id = runId(c.req.header('idempotency-key'));
  const start = kind(await jsonBody(c), await catalogOf(daemon));
  const run = await start(daemon.orchestrator, id === undefined ? {} : { id });
  return c.json({ workflow_id: run.id }, 202);
}

/** What is wrong with the catalog is not the client's fault. */
async function catalogOf({ catalog, log }: Daemon): ReturnType<Daemon['catalog']> {
  try {
    return await catalog();
  } catch (error) {
    log.failure(error);
    throw new Problem(503, 'catalog', 'the catalog of services can not be read; see the log');
  }
}

const MAX_KEY = 255;

/** The run that an Idempotency-Key stands for. A digest, so that any key is a run id, and none a chosen one. */
function runId(key: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  if (key === '' || key.length > MAX_KEY)
    throw new Problem(400, 'invalid', `an Idempotency-Key has 1 to ${MAX_KEY} characters`);
  return `key-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}
