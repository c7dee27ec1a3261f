import type { Context } from 'hono';
import type { StoppedRun } from 'nuflow';
import { z } from 'zod';
import type { Daemon } from './context.js';
import { isOver, runEvents } from './events.js';
import { lastSeen } from './sse.js';
import { taskLog } from './task-log.js';

/** All workflows, latest first; `stopped` says why one stands still. */
export async function listed(c: Context, { orchestrator }: Daemon): Promise<Response> {
  const why = new Map(orchestrator.stopped().map((stopped) => [stopped.run, stopped]));
  const workflows = (await orchestrator.list()).map((summary) => ({
    ...summary,
    ...stopField(why.get(summary.id)),
  }));
  return c.json({ workflows });
}

/** A workflow as it stands. */
export async function shown(c: Context, { orchestrator }: Daemon, id: string): Promise<Response> {
  const run = await orchestrator.inspect(id);
  const stopped = orchestrator.stopped().find((it) => it.run === id);
  return c.json({ ...run, ...stopField(stopped) });
}

function stopField(stopped: StoppedRun | undefined): { stopped?: Omit<StoppedRun, 'run'> } {
  if (stopped === undefined) return {};
  const { code, message, since } = stopped;
  return { stopped: { code, message, since } };
}

/** A workflow's events, those to come as well. */
export async function followed(c: Context, daemon: Daemon, id: string): Promise<Response> {
  const seen = lastSeen(c);
  const found = await daemon.orchestrator.inspect(id);
  // To an EventSource this says: don't come again.
  if (isOver(found) && seen >= found.seq) return c.body(null, 204);
  return daemon.streams.send(c, () => runEvents(daemon, found.id, seen + 1));
}

/** A task's output; null while it has none. */
export async function output(
  c: Context,
  { orchestrator }: Daemon,
  id: string,
  task: string,
): Promise<Response> {
  return c.json((await orchestrator.output(id, task)) ?? null);
}

const streamQuery = z.enum(['stdout', 'stderr', 'both']).default('both');

/** What a task printed. */
export async function printed(
  c: Context,
  { orchestrator, dataDir, log }: Daemon,
  id: string,
  task: string,
): Promise<Response> {
  const run = await orchestrator.inspect(id);
  const stream = streamQuery.parse(c.req.query('stream'));
  const text = taskLog({ dataDir, run, task, stream, log });
  // Never to be taken for a page, whatever the task printed.
  return c.body(text, 200, { 'content-type': 'text/plain; charset=utf-8' });
}
