import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { parseJson } from 'nuflow';
import { UsageError } from './exit-codes.js';

/**
 * What an option with JSON says: JSON, `@file` for a file that holds JSON, `@-` for JSON on stdin. Undefined when
 * it was not given. Throws UsageError, which names the option, and BadJsonError, which names line and column.
 */
export async function readJson(name: string, option: string | undefined): Promise<unknown> {
  if (option === undefined) return undefined;
  if (!option.startsWith('@')) return parseJson(option, { what: name }).value;
  const file = option === '@-' ? undefined : option.slice(1);
  return parseJson(await source(name, file), { what: `${name} (stdin)`, file }).value;
}

async function source(name: string, file: string | undefined): Promise<Uint8Array> {
  try {
    return await (file === undefined ? buffer(process.stdin) : readFile(file));
  } catch (error) {
    throw new UsageError(`${name} can't be read: ${(error as Error).message}`);
  }
}
