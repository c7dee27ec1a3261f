import { createHash } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { DECISIONS, type Orchestrator } from 'nuflow';
import { z } from 'zod';
import type { Catalog } from '../workflows/catalog.js';
import { REQUESTS, type RequestKind } from '../workflows/requests.js';
import { isOver, runEvents } from './events.js';
import { sameMachine, smallBody, withToken } from './guards.js';
import { answerProblem, Problem, respond } from './problem.js';
import { lastSeen, sendEvents } from './sse.js';
import { taskLog } from './task-log.js';

/** What the routes work with. */
export interface Daemon {
  readonly orchestrator: Orchestrator;
  readonly dataDir: string;
  readonly token: string;
  /** Names by which this daemon may be called in a Host header. */
  readonly hosts: ReadonlySet<string>;
  /** Read for each request, so that it may change while the daemon runs. */
  readonly catalog: () => Promise<Catalog>;
  /** Whether the daemon is about to end; it takes no new workflows then. */
  readonly closing: () => boolean;
}

/** The daemon's HTTP interface. Only `/health` answers without the token. */
export function createApp(daemon: Daemon): Hono {
  const app = new Hono();
  app.onError(answerProblem);
  app.notFound((c) => respond(c, new Problem(404, 'not_found', `there is no ${c.req.path}`)));
  app.use(sameMachine(daemon.hosts));
  app.get('/health', (c) =>
    daemon.closing() ? c.json({ status: 'closing' }, 503) : c.json({ status: 'ok' }),
  );
  app.use(withToken(daemon.token));
  app.use(smallBody);
  addSubmission(app, daemon);
  addViews(app, daemon);
  app.post('/workflows/:id/cancel', async (c) => cancel(c, daemon, c.req.param('id')));
  app.post('/workflows/:id/tasks/:task/decide', async (c) =>
    decide(c, daemon, c.req.param('id'), c.req.param('task')),
  );
  return app;
}

function addSubmission(app: Hono, daemon: Daemon): void {
  for (const [path, kind] of REQUESTS)
    app.post(`/workflows/${path}`, async (c) => submit(c, daemon, kind));
}

/** Answers 202 when the run is on disk: from then on no crash loses it. */
async function submit(c: Context, daemon: Daemon, kind: RequestKind): Promise<Response> {
  if (daemon.closing()) throw new Problem(503, 'closing', 'the daemon is closing; try again soon');
  const id = runId(c.req.header('idempotency-key'));
  const start = kind(await jsonBody(c), await daemon.catalog());
  const run = await start(daemon.orchestrator, id === undefined ? {} : { id });
  return c.json({ workflow_id: run.id }, 202);
}

const MAX_KEY = 255;

/** The run that an Idempotency-Key stands for. A digest, so that any key is a run id, and none a chosen one. */
function runId(key: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  if (key === '' || key.length > MAX_KEY)
    throw new Problem(400, 'invalid', `an Idempotency-Key has 1 to ${MAX_KEY} characters`);
  return `key-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}

async function jsonBody(c: Context): Promise<unknown> {
  // A web page can send text/plain to anyone without asking; application/json it can't.
  if (!/^application\/json\b/i.test(c.req.header('content-type') ?? ''))
    throw new Problem(415, 'content_type', 'send application/json');
  const text = await c.req.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(400, 'invalid', 'the body is not JSON');
  }
}

const streamQuery = z.enum(['stdout', 'stderr', 'both']).default('both');

function addViews(app: Hono, { orchestrator, dataDir }: Daemon): void {
  app.get('/workflows', async (c) => c.json({ workflows: await orchestrator.list() }));
  app.get('/workflows/:id', async (c) => c.json(await orchestrator.inspect(c.req.param('id'))));
  app.get('/workflows/:id/events', async (c) => {
    const seen = lastSeen(c);
    const found = await orchestrator.inspect(c.req.param('id'));
    // To an EventSource this says: don't come again.
    if (isOver(found) && seen >= found.seq) return c.body(null, 204);
    return sendEvents(c, await runEvents(orchestrator, found.id, seen + 1));
  });
  app.get('/workflows/:id/tasks/:task/output', async (c) =>
    c.json((await orchestrator.output(c.req.param('id'), c.req.param('task'))) ?? null),
  );
  app.get('/workflows/:id/tasks/:task/log', async (c) => {
    const run = await orchestrator.inspect(c.req.param('id'));
    const stream = streamQuery.parse(c.req.query('stream'));
    const log = taskLog(dataDir, run, c.req.param('task'), stream);
    // Never to be taken for a page, whatever the task printed.
    return c.body(log, 200, {
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
  });
}

/** Answers when the request is on disk, not when everything has stopped. Asked again, it kills at once. */
async function cancel(c: Context, { orchestrator }: Daemon, id: string): Promise<Response> {
  const found = await orchestrator.inspect(id);
  if (isOver(found)) return c.json({ workflow_id: id, status: found.status });
  const run = orchestrator.get(id);
  if (run === undefined) await orchestrator.cancel(id);
  else {
    const requested = new Promise<void>((resolve) =>
      run.on('run.cancelRequested', () => resolve()),
    );
    const ended = run.cancel('requested over HTTP');
    if (found.status === 'running') await Promise.race([requested, ended]);
    ended.catch((error: Error) => console.error(error));
  }
  const { status } = await orchestrator.inspect(id);
  return c.json({ workflow_id: id, status }, 202);
}

const MAX_MESSAGE = 2_000;
const decisionBody = z.strictObject({
  decision: z.enum(DECISIONS),
  output: z.unknown().optional(),
  message: z.string().max(MAX_MESSAGE).optional(),
});

/** Answers when the decision about a held task is on disk. */
async function decide(
  c: Context,
  { orchestrator }: Daemon,
  id: string,
  task: string,
): Promise<Response> {
  const { decision, ...options } = decisionBody.parse(await jsonBody(c));
  await orchestrator.decide(id, task, decision, options);
  const { status } = await orchestrator.inspect(id);
  return c.json({ workflow_id: id, task, decision, status });
}
