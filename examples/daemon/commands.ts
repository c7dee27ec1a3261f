import type { Context } from 'hono';
import { DECISIONS } from 'nuflow';
import { z } from 'zod';
import { jsonBody, optionalJsonBody } from './body.js';
import type { Daemon } from './context.js';
import { isOver } from './events.js';

const nothing = z.strictObject({});

/** Answers when the request is on disk, not when everything has stopped. Asked again, it kills at once. */
export async function cancel(
  c: Context,
  { orchestrator, log }: Daemon,
  id: string,
): Promise<Response> {
  nothing.parse((await optionalJsonBody(c)) ?? {});
  const found = await orchestrator.inspect(id);
  if (isOver(found)) return c.json({ workflow_id: id, status: found.status });
  const run = orchestrator.get(id);
  if (run === undefined) await orchestrator.cancel(id);
  else {
    let forget = (): void => {};
    const requested = new Promise<void>((resolve) => {
      forget = run.on('run.cancelRequested', () => resolve());
    });
    const ended = run.cancel('requested over HTTP').catch(log.failure);
    if (found.status === 'running') await Promise.race([requested, ended]);
    forget();
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
export async function decide(
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
