import type { Context } from 'hono';
import { isRecord, type RunEvent } from 'nuflow';
import type { Log } from './log.js';
import { Problem, problemOf } from './problem.js';

/** The `seq` a client has seen last: its Last-Event-ID, or `?after=`; 0 at first. Throws Problem 400. */
export function lastSeen(c: Context): number {
  const given = c.req.header('last-event-id') ?? c.req.query('after') ?? '0';
  if (!/^\d{1,15}$/.test(given))
    throw new Problem(400, 'invalid', 'Last-Event-ID is the id of an event, a whole number');
  return Number(given);
}

const HEADERS = { 'content-type': 'text/event-stream' };
/** A comment: without something sent now and then, a client that is gone is never noticed. */
const HEARTBEAT = ': still here\n\n';

type Events = AsyncGenerator<RunEvent, void, void>;

/** The event streams that are open, at most so many at once. */
export class EventStreams {
  readonly #most: number;
  readonly #heartbeatMs: number;
  readonly #log: Log;
  #open = 0;

  constructor(most: number, heartbeatMs: number, log: Log) {
    this.#most = most;
    this.#heartbeatMs = heartbeatMs;
    this.#log = log;
  }

  /**
   * Sends events as server-sent events until there are no more, as quickly as the client reads: nothing waits here for a
   * slow one. Records have their `seq` as id, so that a client that comes back goes on where it was; volatile ones
   * have no id. Throws Problem 503 when too many streams are open.
   */
  async send(c: Context, open: () => Promise<Events>): Promise<Response> {
    if (c.req.method === 'HEAD') return c.body(null, 200, HEADERS);
    if (this.#open >= this.#most)
      throw new Problem(503, 'too_many_streams', `there are ${this.#most} event streams already`);
    this.#open++;
    try {
      return c.body(this.#body(await open()), 200, HEADERS);
    } catch (error) {
      this.#open--;
      throw error;
    }
  }

  /** Its events are asked for only when the client has taken what was sent. */
  #body(events: Events): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    let isWaiting = false;
    let heartbeat: NodeJS.Timeout | undefined;
    const end = (): void => {
      if (heartbeat === undefined) return;
      clearInterval(heartbeat);
      heartbeat = undefined;
      this.#open--;
      // Not awaited: a generator that waits for an event may end only with the next one.
      void events.return();
    };
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          heartbeat = setInterval(() => {
            if (isWaiting) controller.enqueue(encoder.encode(HEARTBEAT));
          }, this.#heartbeatMs);
        },
        pull: async (controller) => {
          isWaiting = true;
          const { text, isLast } = await this.#next(events);
          isWaiting = false;
          if (heartbeat === undefined) return; // the client went away meanwhile
          if (text !== '') controller.enqueue(encoder.encode(text));
          if (!isLast) return;
          end();
          controller.close();
        },
        cancel: end,
      },
      { highWaterMark: 0 },
    );
  }

  /** What is sent next. An error ends the stream, and is told as its last event. */
  async #next(events: Events): Promise<{ readonly text: string; readonly isLast: boolean }> {
    try {
      const { done, value } = await events.next();
      return done === true ? { text: '', isLast: true } : { text: eventText(value), isLast: false };
    } catch (error) {
      this.#log.failure(error);
      const { code, message } = problemOf(error);
      const text = `event: error\ndata: ${JSON.stringify({ code, message })}\n\n`;
      return { text, isLast: true };
    }
  }
}

function eventText(event: RunEvent): string {
  const id = isRecord(event) ? `id: ${event.seq}\n` : '';
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n${id}\n`;
}
