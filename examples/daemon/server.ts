import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Hono } from 'hono';
import { mayContinue } from './body.js';
import type { Connections } from './connections.js';
import { normalAuthority } from './hosts.js';
import type { Limits } from './limits.js';
import type { Log } from './log.js';
import { problemText, rawAnswer, SAFE_HEADERS } from './raw-answer.js';

/** How often connections are checked against their time limits, ms. */
const CHECK_MS = 1_000;

/** What a server needs beside its app. */
export interface ServerParts {
  readonly connections: Connections;
  readonly limits: Limits;
  readonly log: Log;
}

/** An HTTP server for the app that keeps the limits. Not listening yet. */
export function httpServer(app: Hono, { connections, limits, log }: ServerParts): Server {
  const answer = getRequestListener(app.fetch, { errorHandler: (error) => unanswered(error, log) });
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    for (const [name, value] of Object.entries(SAFE_HEADERS)) outgoing.setHeader(name, value);
    // As the app wants it to make a URL of it; what was sent is still in the raw headers.
    incoming.headers.host &&= normalAuthority(incoming.headers.host);
    if (severalHosts(incoming)) refuse(outgoing, 400, 'host', 'there is more than one Host header');
    else if (!connections.begin(incoming.socket, outgoing))
      refuse(outgoing, 503, 'too_many_requests', 'wait for answers before you ask for more');
    else void answer(incoming, outgoing);
  };
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.min(CHECK_MS, limits.headersMs),
    },
    onRequest,
  );
  server.on('checkContinue', (incoming, outgoing) => {
    if (mayContinue(incoming.headers['content-length'])) outgoing.writeContinue();
    onRequest(incoming, outgoing);
  });
  server.setTimeout(limits.stalledMs);
  server.on('connection', (socket) => connections.add(socket));
  server.on('clientError', (error, socket) => answerNoRequest(error, socket, connections));
  return server;
}

/** Starts to listen. Throws what the system says: EADDRINUSE, EACCES, ENOTFOUND, … */
export function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Ends all connections, streams included. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

/** Node keeps the first and drops the others; RFC 9112 wants them refused. */
function severalHosts({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === 'host').length > 1;
}

function refuse(outgoing: ServerResponse, status: number, code: string, message: string): void {
  outgoing.writeHead(status, {
    'content-type': 'application/json',
    connection: 'close',
    ...(status === 503 ? { 'retry-after': '1' } : {}),
  });
  outgoing.end(problemText(code, message));
}

/** For a request without a URL or a Host header, and for what the app failed to answer. */
function unanswered(error: unknown, log: Log): Response {
  const isClients = error instanceof RequestError;
  if (!isClients) log.failure(error);
  const text = isClients
    ? problemText('bad_request', 'the request has no URL that can be read')
    : problemText('internal', 'something went wrong here; see the log of the daemon');
  const headers = { 'content-type': 'application/json' };
  return new Response(text, { status: isClients ? 400 : 500, headers });
}

const TIMEOUT = [408, 'timeout', 'the request was not complete in time'] as const;
const TOO_LARGE = [431, 'headers_too_large', 'the headers are too large'] as const;
const NOT_HTTP = [400, 'bad_request', 'this is not an HTTP request'] as const;
const ANSWERS: Readonly<Record<string, readonly [number, string, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: TIMEOUT,
  HPE_HEADER_OVERFLOW: TOO_LARGE,
};

/** The client's fault: answered where that is possible, not logged. */
function answerNoRequest(
  { code = '' }: NodeJS.ErrnoException,
  socket: Duplex,
  connections: Connections,
): void {
  if (code === 'ECONNRESET' || !socket.writable || connections.isAnswering(socket as Socket))
    socket.destroy();
  else socket.end(rawAnswer(...(ANSWERS[code] ?? NOT_HTTP)), () => socket.destroy());
}
