import { type Context, Hono } from 'hono';
import type { Daemon } from './context.js';
import { closesUnread, endsAtHeaders, sameMachine, withToken } from './guards.js';
import { alive, ready } from './health.js';
import { answersProblems, Problem, respond } from './problem.js';
import { assertQuery } from './query.js';
import { ROUTES } from './routes.js';

/** The daemon's HTTP interface. Only `/health` and what is below it answer without the token. */
export function createApp(daemon: Daemon): Hono {
  const app = new Hono();
  app.onError(answersProblems(daemon.log));
  app.notFound((c) => respond(c, new Problem(404, 'not_found', `there is no ${c.req.path}`)));
  app.use(endsAtHeaders, closesUnread);
  app.use(sameMachine(daemon.hosts));
  addHealth(app, daemon);
  app.use(withToken(daemon.token, daemon.connections));
  for (const { method, path, query, answer } of ROUTES)
    app.on(method, path, (c) => {
      assertQuery(c, query);
      return answer(c, daemon);
    });
  addRefusals(app);
  return app;
}

function addHealth(app: Hono, daemon: Daemon): void {
  const answers = new Map<string, (c: Context) => Response | Promise<Response>>([
    ['/health', (c) => ready(c, daemon)],
    ['/health/ready', (c) => ready(c, daemon)],
    ['/health/live', alive],
  ]);
  for (const [path, answer] of answers) {
    app.get(path, (c) => {
      assertQuery(c, []);
      return answer(c);
    });
    app.all(path, refusesMethod(['GET']));
  }
}

/** Says which methods a path has, to those who used another. */
function addRefusals(app: Hono): void {
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    const methods = ROUTES.filter((route) => route.path === path).map(({ method }) => method);
    app.all(path, refusesMethod(methods));
  }
}

function refusesMethod(methods: readonly string[]): (c: Context) => Response {
  return (c) => {
    c.header('allow', methods.flatMap((it) => (it === 'GET' ? ['GET', 'HEAD'] : [it])).join(', '));
    const message = `${c.req.path} takes ${methods.join(' and ')}, not ${c.req.method}`;
    return respond(c, new Problem(405, 'method', message));
  };
}
