import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import type { Connections } from './connections.js';
import { isOwnOrigin, namedHost, normalHost, urlHost } from './hosts.js';
import { Problem } from './problem.js';
import { authorized } from './token.js';

/** The request as Node has it; undefined when it did not come over a connection. */
export function incomingOf(c: Context): IncomingMessage | undefined {
  return (c.env as Partial<HttpBindings> | undefined)?.incoming;
}

/** What a browser says of requests that a page of this daemon, or a person, makes; programs say nothing. */
const OWN_SITES: ReadonlySet<string> = new Set(['same-origin', 'none']);

/**
 * Refuses requests that a web page could make a browser send: under another name of this machine
 * (DNS rebinding), or from another origin. The address that a connection came to is always a name of this daemon.
 */
export function sameMachine(names: ReadonlySet<string>): MiddlewareHandler {
  return async (c, next) => {
    const local = normalHost(incomingOf(c)?.socket.localAddress ?? '');
    const header = c.req.header('host');
    for (const host of [namedHost(header), urlHost(c.req.url)])
      if (host === undefined || !(names.has(host) || host === local))
        throw new Problem(421, 'host', 'the Host header does not name this daemon');
    const origin = c.req.header('origin');
    if (origin !== undefined && !isOwnOrigin(origin, header ?? ''))
      throw new Problem(403, 'origin', 'requests of other origins are refused');
    if (!OWN_SITES.has(c.req.header('sec-fetch-site') ?? 'none'))
      throw new Problem(403, 'cross_site', 'requests of other sites are refused');
    await next();
  };
}

/** Refuses requests without the token. */
export function withToken(token: string, connections?: Connections): MiddlewareHandler {
  return async (c, next) => {
    if (!authorized(c.req.header('authorization'), token))
      throw new Problem(401, 'unauthorized', 'send the token as "Authorization: Bearer …"');
    const socket = incomingOf(c)?.socket;
    if (socket !== undefined) connections?.trust(socket);
    await next();
  };
}

/** Ends an answer to HEAD at its headers: what would send the body is stopped. */
export const endsAtHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  if (c.req.method === 'HEAD') await c.res.body?.cancel();
};

/**
 * Says `Connection: close` where a body was not read to its end: otherwise the client goes on to send what nobody
 * wants, before its next request.
 */
export const closesUnread: MiddlewareHandler = async (c, next) => {
  await next();
  const incoming = incomingOf(c);
  const hasBody = c.req.header('content-length') ?? c.req.header('transfer-encoding');
  if (incoming !== undefined && hasBody !== undefined && !incoming.complete)
    c.res.headers.set('connection', 'close');
};
