import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { isRecord, type RunEvent } from 'nuflow';
import { Problem } from './problem.js';

/** A comment is sent after so long a silence, ms: without it a client that is gone is never noticed. */
const HEARTBEAT_MS = 15_000;

/** The `seq` a client has seen last: its Last-Event-ID, or `?after=`; 0 at first. Throws Problem 400. */
export function lastSeen(c: Context): number {
  const given = c.req.header('last-event-id') ?? c.req.query('after') ?? '0';
  if (!/^\d{1,15}$/.test(given))
    throw new Problem(400, 'invalid', 'Last-Event-ID is the id of an event, a whole number');
  return Number(given);
}

/**
 * Sends events as server-sent events until there are no more. Records have their `seq` as id, so that
 * a client that comes back goes on where it was; volatile ones have no id.
 */
export function sendEvents(c: Context, events: AsyncGenerator<RunEvent, void, void>): Response {
  return streamSSE(c, async (stream) => {
    const gone = new Promise<'gone'>((resolve) => stream.onAbort(() => resolve('gone')));
    const heartbeat = setInterval(() => void stream.write(': still here\n\n'), HEARTBEAT_MS);
    try {
      for (;;) {
        const next = await Promise.race([events.next(), gone]);
        if (next === 'gone' || next.done === true) return;
        await send(stream, next.value);
      }
    } finally {
      clearInterval(heartbeat);
      // Not awaited: a generator that waits for an event ends only with the next one.
      void events.return();
    }
  });
}

async function send(stream: SSEStreamingApi, event: RunEvent): Promise<void> {
  await stream.writeSSE({
    event: event.type,
    data: JSON.stringify(event),
    ...(isRecord(event) ? { id: String(event.seq) } : {}),
  });
}
