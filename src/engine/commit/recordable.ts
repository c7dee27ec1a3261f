import { exceeds, fitsIn, type JsonValue, jsonBytes } from '../../definition/json.js';
import type { WorkflowSpec } from '../../definition/spec.js';
import { InvalidOptionError, quote } from '../../errors.js';
import { TooBigError } from './too-big-error.js';

/**
 * Most that the input of a run, or its definition, may take as JSON, bytes. Both are in one line of the journal, which is read as one
 * text, and V8 makes none of 512 MiB.
 */
const MAX_BYTES = 224 * 1024 * 1024;

/** Throws TooBigError. `what` begins the sentence. */
export function assertRecordable(value: JsonValue, what: string): void {
  if (!fitsIn(value, MAX_BYTES) && bytesOf(value) > MAX_BYTES)
    throw new TooBigError(what, MAX_BYTES);
}

/** Infinity when it is surely too big: then no text is made of it. */
function bytesOf(value: JsonValue): number {
  return exceeds(value, MAX_BYTES) ? Number.POSITIVE_INFINITY : jsonBytes(value);
}

/** Those that were looked at: the work is done once, not for each run. */
const accepted = new WeakSet<WorkflowSpec>();

/** The same of a definition. */
export function assertRecordableSpec(spec: WorkflowSpec): void {
  if (accepted.has(spec)) return;
  if (!fitsIn(spec as unknown as JsonValue, MAX_BYTES) && specBytes(spec) > MAX_BYTES)
    throw new TooBigError(`Workflow ${quote(spec.name)}`, MAX_BYTES);
  accepted.add(spec);
}

/** Task by task: the text of a million need not be in memory as a whole. */
function specBytes({ tasks, ...rest }: WorkflowSpec): number {
  let bytes = bytesOf(rest as unknown as JsonValue);
  for (const task of tasks) {
    bytes += bytesOf(task as unknown as JsonValue) + 1;
    if (bytes > MAX_BYTES) break;
  }
  return bytes;
}

/** Longest message that somebody may give with a cancellation or decision, characters. */
const MAX_MESSAGE = 64 * 1024;

/** Throws InvalidOptionError. What is no text is left to others. */
export function assertMessage(message: unknown): void {
  if (typeof message === 'string' && message.length > MAX_MESSAGE)
    throw new InvalidOptionError('message', `must not have more than ${MAX_MESSAGE} characters`);
}
