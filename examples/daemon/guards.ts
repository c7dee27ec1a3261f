import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Problem, respond } from './problem.js';
import { authorized } from './token.js';

const MAX_BODY = 64 * 1024;

/**
 * Refuses requests that a web page could make a browser send: under another name of this machine
 * (DNS rebinding), or from another origin. Programs send no Origin.
 */
export function sameMachine(names: ReadonlySet<string>): MiddlewareHandler {
  return async (c, next) => {
    if (!names.has(hostname(`http://${c.req.header('host') ?? ''}`)))
      throw new Problem(403, 'host', 'the Host header does not name this daemon');
    const origin = c.req.header('origin');
    if (origin !== undefined && origin !== `http://${c.req.header('host')}`)
      throw new Problem(403, 'origin', 'requests of other origins are refused');
    await next();
  };
}

function hostname(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

/** Refuses requests without the token. */
export function withToken(token: string): MiddlewareHandler {
  return async (c, next) => {
    if (!authorized(c.req.header('authorization'), token))
      throw new Problem(401, 'unauthorized', 'send the token as "Authorization: Bearer …"');
    await next();
  };
}

/** Refuses bodies over 64 KiB. */
export const smallBody: MiddlewareHandler = bodyLimit({
  maxSize: MAX_BODY,
  onError: (c) => respond(c, new Problem(413, 'too_large', `a body has at most ${MAX_BODY} bytes`)),
});
