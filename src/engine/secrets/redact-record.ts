import { frozen, type JsonValue } from '../../definition/json.js';
import type { RecordDraft, TaskError } from '../../journal/records/record.js';
import type { Redactor } from '../../secrets/redactor.js';

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
  'cause',
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
  return redactor.texts(error as unknown as JsonValue) as unknown as TaskError;
}
