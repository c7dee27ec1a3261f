import { withDescriptors } from '../../platform/descriptors.js';
import { FileTooLongError, readRegular } from '../../platform/regular-file.js';
import type { Outcome } from '../runner.js';

/** Bigger results, in bytes, are refused unread: they would pass through memory several times over. */
export const MAX_RESULT = 64 * 1024 * 1024;

/** What an attempt left as its result: text, or why there is none to be had; undefined when it left nothing. */
export type Result = { readonly text: string } | { readonly refused: Outcome } | undefined;

/** Reads the result file of an attempt. Never rejects. */
export async function readResult(path: string): Promise<Result> {
  try {
    return { text: await withDescriptors(() => readRegular(path, MAX_RESULT)) };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? undefined
      : { refused: unreadable(error) };
  }
}

/** The outcome of an attempt of which a file that has its result can't be read. */
export function unreadable(error: unknown): Outcome {
  return error instanceof FileTooLongError
    ? tooBig(`The result is ${error.bytes} bytes of JSON`)
    : badResult((error as Error).message);
}

/** The outcome of an attempt whose result is there and can't be used. */
export function badResult(why: string): Outcome {
  const message = `The task's result can't be read: ${why}`;
  return { status: 'failed', error: { code: 'NUFLOW_BAD_RESULT', message } };
}

/** The outcome of an attempt whose result is too long; `what` begins the sentence. */
export function tooBig(what: string): Outcome {
  const message = `${what}, more than ${MAX_RESULT}; write it to a file of your own and give back its path.`;
  return { status: 'failed', error: { code: 'NUFLOW_OUTPUT_TOO_BIG', message } };
}
