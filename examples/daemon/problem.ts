import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { NuflowError } from 'nuflow';
import { z } from 'zod';
import { UnknownServiceError } from '../workflows/catalog.js';
import type { Log } from './log.js';
import { STATUS_BY_CODE } from './statuses.js';

/** A request that is answered with an error: `{ error: { code, message } }`. */
export class Problem extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;

  constructor(status: ContentfulStatusCode, code: string, message: string) {
    super(message);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
  }
}

/** The problem that something thrown is. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof z.ZodError) return new Problem(400, 'invalid', z.prettifyError(error));
  if (error instanceof UnknownServiceError)
    return new Problem(400, 'unknown_service', error.message);
  if (error instanceof NuflowError)
    return new Problem(STATUS_BY_CODE.get(error.code) ?? 500, error.code, error.message);
  return new Problem(500, 'internal', 'something went wrong here; see the log of the daemon');
}

/** Answers with what was thrown; what is not the client's fault is logged as well. */
export function answersProblems(log: Log): (error: Error, c: Context) => Response {
  return (error, c) => {
    const problem = problemOf(error);
    if (problem.status === 500) log.failure(error);
    else if (error instanceof NuflowError && problem.status === 503)
      log.line(`refused ${c.req.method} ${c.req.path}: ${error.code}: ${error.message}`);
    return respond(c, problem);
  };
}

/** Answers with a problem. */
export function respond(c: Context, { status, code, message }: Problem): Response {
  if (status === 401) c.header('www-authenticate', 'Bearer');
  if (status === 503) c.header('retry-after', RETRY_AFTER_S.get(code) ?? '1');
  return c.json({ error: { code, message } }, status);
}

/** Space does not come back within a second. */
const RETRY_AFTER_S: ReadonlyMap<string, string> = new Map([
  ['NUFLOW_DISK_FULL', '30'],
  ['NUFLOW_JOURNAL_WRITE', '30'],
]);
