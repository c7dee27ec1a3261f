import { fitsIn, type JsonValue } from '../../definition/json.js';
import type { TaskError } from '../../journal/records/record.js';

/** Errors of so many bytes of JSON are left as they are. */
const MAX_ERROR = 64 * 1024;
/** What is kept of a text in a bigger one, characters: half from its beginning, half from its end. */
const MAX_TEXT = 8 * 1024;
const MAX_PARTS = 16;
const MAX_DEPTH = 3;

/** An error as it is journaled: a message that is a whole page, or a whole log, is cut in its middle. */
export function boundedError(error: TaskError): TaskError {
  return fitsIn(error as unknown as JsonValue, MAX_ERROR) ? error : shrunk(error, 0);
}

function shrunk(error: TaskError, depth: number): TaskError {
  const { code, message, help, labels, rendered, inner, ...rest } = error;
  return {
    ...rest,
    code: cut(code),
    message: cut(message),
    ...(help === undefined ? {} : { help: cut(help) }),
    ...(rendered === undefined ? {} : { rendered: cut(rendered) }),
    ...(labels === undefined
      ? {}
      : { labels: labels.slice(0, MAX_PARTS).map((it) => ({ ...it, text: cut(it.text) })) }),
    ...(inner === undefined || depth === MAX_DEPTH
      ? {}
      : { inner: inner.slice(0, MAX_PARTS).map((it) => shrunk(it, depth + 1)) }),
  };
}

function cut(text: string): string {
  const left = text.length - MAX_TEXT;
  if (left <= 0) return text;
  const head = text.slice(0, MAX_TEXT / 2);
  const tail = text.slice(-MAX_TEXT / 2);
  return `${head}… [nuflow: ${left} characters left out] …${tail}`.toWellFormed();
}
