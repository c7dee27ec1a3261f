import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { NuflowError } from 'nuflow';
import { z } from 'zod';
import { UnknownServiceError } from '../workflows/catalog.js';

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

/** HTTP status by the code of a library error; any other is 500. */
const STATUS: Readonly<Record<string, ContentfulStatusCode>> = {
  NUFLOW_INVALID_RUN_ID: 400,
  NUFLOW_INVALID_INPUT: 400,
  NUFLOW_CYCLE: 400,
  NUFLOW_RUN_NOT_FOUND: 404,
  NUFLOW_TASK_NOT_FOUND: 404,
  NUFLOW_RUN_CONFLICT: 409,
  NUFLOW_DEFINITION_CHANGED: 409,
  NUFLOW_INVALID_OPTION: 400,
  NUFLOW_OUTPUT_INVALID: 400,
  NUFLOW_NOT_HELD: 409,
  NUFLOW_RERUN_REFUSED: 409,
  NUFLOW_CLOSED: 503,
};

/** The problem that something thrown is. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof z.ZodError) return new Problem(400, 'invalid', z.prettifyError(error));
  if (error instanceof UnknownServiceError)
    return new Problem(400, 'unknown_service', error.message);
  if (error instanceof NuflowError)
    return new Problem(STATUS[error.code] ?? 500, error.code, error.message);
  return new Problem(500, 'internal', 'something went wrong here; see the log of the daemon');
}

/** Answers with what was thrown; what is our fault is logged as well. */
export function answerProblem(error: Error, c: Context): Response {
  const problem = problemOf(error);
  if (problem.status >= 500 && problem.status !== 503) console.error(error);
  return respond(c, problem);
}

/** Answers with a problem. */
export function respond(c: Context, { status, code, message }: Problem): Response {
  if (status === 401) c.header('www-authenticate', 'Bearer');
  if (status === 503) c.header('retry-after', '1');
  return c.json({ error: { code, message } }, status);
}
