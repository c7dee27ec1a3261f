import type { Context } from 'hono';
import { NuflowError } from 'nuflow';
import type { Daemon } from './context.js';
import { authorized } from './token.js';

/** Says that the process answers, whatever its runs do: to start it again would help nothing that is broken. */
export function alive(c: Context): Response {
  return c.json({ status: 'ok' });
}

/**
 * Says whether the daemon takes workflows and works on all that it has taken; 503 while it is closing (`closing`), or
 * while it would refuse workflows or runs stand still because of an error (`degraded`). Which runs they are is told only
 * with the token: anybody on this machine may ask.
 */
export async function ready(
  c: Context,
  { orchestrator, closing, token }: Daemon,
): Promise<Response> {
  if (closing()) return c.json({ status: 'closing' }, 503, { 'retry-after': '1' });
  const refusal = await orchestrator.ready().then(() => [], codeOf);
  const stopped = orchestrator.stopped();
  const codes = [...new Set([...refusal, ...stopped.map(({ code }) => code)])];
  if (codes.length === 0) return c.json({ status: 'ok' });
  const body = { status: 'degraded', codes, count: stopped.length };
  const known = authorized(c.req.header('authorization'), token);
  return c.json(known ? { ...body, stopped } : body, 503, { 'retry-after': '30' });
}

function codeOf(error: Error): string[] {
  return [error instanceof NuflowError ? error.code : 'NUFLOW_BUG'];
}
