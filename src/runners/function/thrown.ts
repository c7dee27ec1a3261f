import { inspect, types } from 'node:util';
import { NuflowError } from '../../errors.js';
import type { TaskError } from '../../journal/records/record.js';

/** Causes are followed this far; deeper ones, and circles, are left out. */
const MAX_CAUSES = 8;

/** Something that code threw, as data: its code, or else its name; causes as inner errors. Never throws itself. */
export function thrownAsData(thrown: unknown): TaskError {
  try {
    return asData(thrown, 0);
  } catch {
    return UNREADABLE;
  }
}

/** Even reading what was thrown can throw: errors may have getters. */
const UNREADABLE: TaskError = {
  code: 'Error',
  message: 'Something that could not be read was thrown.',
};

function asData(error: unknown, depth: number): TaskError {
  if (!isError(error)) return plainAsData(error);
  const { code } = error as { code?: unknown };
  const causes = error instanceof AggregateError ? error.errors : [error.cause];
  const inner =
    depth < MAX_CAUSES
      ? causes.filter((c) => c !== undefined).map((c) => asData(c, depth + 1))
      : [];
  return {
    code: typeof code === 'string' ? code : String(error.name),
    message: String(error.message),
    ...(inner.length === 0 ? {} : { inner }),
  };
}

/** `throw { code, message }`, and anything else that is no Error. */
function plainAsData(thrown: unknown): TaskError {
  const { code, message } = Object(thrown) as { code?: unknown; message?: unknown };
  return {
    code: typeof code === 'string' ? code : 'Error',
    message: typeof message === 'string' ? message : describe(thrown),
  };
}

/** Causes in an AggregateError that a log shows. */
const MAX_SHOWN = 16;
/** Longest text of something that was thrown, characters. */
const MAX_TEXT = 64 * 1024;

/** Something that code threw, as text for its log: the stack, then those of its causes. Never throws itself. */
export function thrownAsText(thrown: unknown): string {
  try {
    return asText(thrown, 0).slice(0, MAX_TEXT);
  } catch {
    return UNREADABLE.message;
  }
}

function asText(thrown: unknown, depth: number): string {
  if (!isError(thrown)) return `Thrown: ${describe(thrown)}`;
  const errors = thrown instanceof AggregateError ? thrown.errors : [];
  const causes = [thrown.cause, ...errors.slice(0, MAX_SHOWN)].filter((c) => c !== undefined);
  if (depth === MAX_CAUSES || causes.length === 0) return stackOf(thrown);
  const more = errors.length > MAX_SHOWN ? [`and ${errors.length - MAX_SHOWN} more`] : [];
  const shown = causes.map((cause) => `Caused by: ${asText(cause, depth + 1)}`);
  return [stackOf(thrown), ...shown, ...more].join('\n');
}

/** The stack with name and message as they are now; of an error of ours no stack, which would lead into nuflow. */
function stackOf(error: Error): string {
  const { stack } = error;
  const title = `${error.name}: ${error.message}`;
  if (error instanceof NuflowError || typeof stack !== 'string') return title;
  return stack.includes(error.message) ? stack : `${title}\n${stack}`;
}

/** Errors of another realm, e.g. of a vm context, are no instances of ours. */
function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || types.isNativeError(thrown);
}

const PLAIN = { depth: 3, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 1_000 };

function describe(thrown: unknown): string {
  try {
    const text = String(thrown);
    return text === '[object Object]' ? inspect(thrown, PLAIN) : text;
  } catch {
    return 'something that has no text was thrown';
  }
}
