import { frozen, type JsonValue } from '../definition/json.js';
import type { RecordDraft, TaskError } from '../journal/record.js';
import type { Redactor } from '../secrets/redactor.js';

/**
 * Fields whose content is ours, the definition's, which holds references and no secrets, or the input's, whose
 * secrets were taken out before. Whatever else a record says may have come from a task or a caller.
 */
const OURS = new Set([
  'type',
  'format',
  'run',
  'workflow',
  'input',
  'onFailure',
  'deadlineAt',
  'traceId',
  'pid',
  'startTime',
  'bootId',
  'task',
  'attempt',
  'status',
  'reason',
  'retryAt',
  'next',
  'outputFile',
  'decision',
]);

/** A fact without secrets. */
export function redactRecord(redactor: Redactor, draft: RecordDraft): RecordDraft {
  const fields = Object.entries(draft).map(([key, value]) => [
    key,
    OURS.has(key) || value === undefined ? value : redactField(redactor, key, value),
  ]);
  return Object.fromEntries(fields) as RecordDraft;
}

function redactField(redactor: Redactor, key: string, value: unknown): unknown {
  if (key === 'error') return redactError(redactor, value as TaskError);
  return frozen(redactor.value(value as JsonValue));
}

/** An error without secrets. */
export function redactError(redactor: Redactor, error: TaskError): TaskError {
  const clean = redactor.texts(error as unknown as JsonValue) as unknown as TaskError;
  return withoutBroken(redactor, clean);
}

/** Nushell breaks the lines of what it renders, also within a secret; no form of a secret matches that. */
function withoutBroken(redactor: Redactor, error: TaskError): TaskError {
  const { rendered, inner } = error;
  return {
    ...error,
    ...(rendered !== undefined && redactor.revealsBroken(rendered) ? { rendered: LEFT_OUT } : {}),
    ...(inner === undefined ? {} : { inner: inner.map((it) => withoutBroken(redactor, it)) }),
  };
}

const LEFT_OUT = '[left out: it held a secret, broken over several lines]';
