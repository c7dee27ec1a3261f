import type { Context } from 'hono';
import { REQUESTS } from '../workflows/requests.js';
import { cancel, decide } from './commands.js';
import type { Daemon } from './context.js';
import { submit } from './submission.js';
import { followed, listed, output, printed, shown } from './views.js';

/** Something that can be asked for with the token. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Query parameters it takes; others are refused. */
  readonly query: readonly string[];
  readonly answer: (c: Context, daemon: Daemon) => Promise<Response>;
}

const RUN = '/workflows/:id';
const TASK = `${RUN}/tasks/:task`;

const SUBMISSIONS = [...REQUESTS].map(([path, kind]) =>
  route('POST', `/workflows/${path}`, [], (c, daemon) => submit(c, daemon, kind)),
);

/** All of them. */
export const ROUTES: readonly Route[] = [
  ...SUBMISSIONS,
  route('GET', '/workflows', [], listed),
  route('GET', RUN, [], (c, daemon) => shown(c, daemon, id(c))),
  route('GET', `${RUN}/events`, ['after'], (c, daemon) => followed(c, daemon, id(c))),
  route('GET', `${TASK}/output`, [], (c, daemon) => output(c, daemon, id(c), task(c))),
  route('GET', `${TASK}/log`, ['stream'], (c, daemon) => printed(c, daemon, id(c), task(c))),
  route('POST', `${RUN}/cancel`, [], (c, daemon) => cancel(c, daemon, id(c))),
  route('POST', `${TASK}/decide`, [], (c, daemon) => decide(c, daemon, id(c), task(c))),
];

function route(
  method: Route['method'],
  path: string,
  query: readonly string[],
  answer: Route['answer'],
): Route {
  return { method, path, query, answer };
}

function id(c: Context): string {
  return c.req.param('id') ?? '';
}

function task(c: Context): string {
  return c.req.param('task') ?? '';
}
