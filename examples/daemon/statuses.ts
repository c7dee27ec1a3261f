import type { ContentfulStatusCode } from 'hono/utils/http-status';

/*
 * What the daemon answers by the code of a library error. 400: what was sent can't be taken. 404: there is no such
 * thing. 409: it can't be done as things stand, and asking again changes nothing. 503: the daemon can't do it now, and
 * nothing was started; asking again later may help. 500: something here is broken, see the log.
 */
const CODES: Readonly<Partial<Record<ContentfulStatusCode, readonly string[]>>> = {
  400: [
    'NUFLOW_BAD_JSON',
    'NUFLOW_CYCLE',
    'NUFLOW_DUPLICATE_TASK',
    'NUFLOW_INVALID_DEFINITION',
    'NUFLOW_INVALID_INPUT',
    'NUFLOW_INVALID_OPTION',
    'NUFLOW_INVALID_RUN_ID',
    'NUFLOW_INVALID_TASK_ID',
    'NUFLOW_NOT_JSON',
    'NUFLOW_OUTPUT_INVALID',
    'NUFLOW_UNKNOWN_DEPENDENCY',
    'NUFLOW_UNKNOWN_RUNNER',
  ],
  404: ['NUFLOW_RUN_NOT_FOUND', 'NUFLOW_TASK_NOT_FOUND'],
  409: [
    'NUFLOW_BASE_DIR',
    'NUFLOW_DEFINITION_CHANGED',
    'NUFLOW_INVALID_SECRET',
    'NUFLOW_JOURNAL_NOT_REPAIRABLE',
    'NUFLOW_MISSING_REFERENCE',
    'NUFLOW_NOT_HELD',
    'NUFLOW_RERUN_REFUSED',
    'NUFLOW_RUN_CONFLICT',
    'NUFLOW_SECRET_MISSING',
    'NUFLOW_WORKFLOW_NOT_REGISTERED',
  ],
  413: ['NUFLOW_TOO_BIG'],
  503: [
    'NUFLOW_CLOSED',
    'NUFLOW_DATA_DIR',
    'NUFLOW_DATA_DIR_LOCKED',
    'NUFLOW_DATA_DIR_MOVED',
    'NUFLOW_DISK_FULL',
    'NUFLOW_JOURNAL_MOVED',
    'NUFLOW_JOURNAL_WRITE',
    'NUFLOW_LOCKED_ELSEWHERE',
    'NUFLOW_NU_NOT_FOUND',
    'NUFLOW_NU_NOT_STARTED',
    'NUFLOW_RUN_UNFINISHED',
    'NUFLOW_WORKING_DIR',
  ],
  500: [
    'NUFLOW_BUG',
    'NUFLOW_ILLEGAL_RECORD',
    'NUFLOW_INSTALLATION',
    'NUFLOW_JOURNAL_DAMAGED',
    'NUFLOW_JOURNAL_FORMAT',
    'NUFLOW_JOURNAL_READ',
    'NUFLOW_OUTPUT_FILE',
    'NUFLOW_RUN_FOLDER',
    'NUFLOW_UNSAFE_DIR',
    'NUFLOW_UNSAFE_FILE',
  ],
};

/** HTTP status by the code of a library error. */
export const STATUS_BY_CODE: ReadonlyMap<string, ContentfulStatusCode> = new Map(
  Object.entries(CODES).flatMap(([status, codes]) =>
    codes.map((code) => [code, Number(status) as ContentfulStatusCode] as const),
  ),
);
