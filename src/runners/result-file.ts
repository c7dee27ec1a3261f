import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { withDescriptors } from '../world/descriptors.js';
import type { Outcome } from './runner.js';

/** Bigger results, in bytes, are refused unread: they would pass through memory several times over. */
export const MAX_RESULT = 64 * 1024 * 1024;

/** What an attempt left as its result: text, or why there is none to be had; undefined when it left nothing. */
export type Result = { readonly text: string } | { readonly refused: Outcome } | undefined;

/** Reads the result file of an attempt. Never rejects. */
export async function readResult(path: string): Promise<Result> {
  try {
    return await withDescriptors(() => read(path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : { refused: badResult(message) };
  }
}

/** Nearly all results fit in here, and take one look. */
const SMALL = Buffer.allocUnsafeSlow(64 * 1024);

function read(path: string): Result {
  const fd = openSync(path, 'r');
  try {
    const length = readSync(fd, SMALL, 0, SMALL.length, 0);
    if (length < SMALL.length) return { text: SMALL.toString('utf8', 0, length) };
    const { size } = fstatSync(fd);
    return size > MAX_RESULT ? { refused: tooBig(size) } : { text: readFileSync(fd, 'utf8') };
  } finally {
    closeSync(fd);
  }
}

/** The outcome of an attempt whose result is there and can't be used. */
export function badResult(why: string): Outcome {
  const message = `The task's result can't be read: ${why}`;
  return { status: 'failed', error: { code: 'NUFLOW_BAD_RESULT', message } };
}

function tooBig(bytes: number): Outcome {
  const message = `The result is ${bytes} bytes of JSON, more than ${MAX_RESULT}; write it to a file of your own and give back its path.`;
  return { status: 'failed', error: { code: 'NUFLOW_OUTPUT_TOO_BIG', message } };
}
