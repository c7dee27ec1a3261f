import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { UsageError } from './exit-codes.js';

/**
 * What an option with JSON says: JSON, `@file` for a file that holds JSON, `@-` for JSON on stdin. Undefined when
 * it was not given. Throws UsageError, which names the option.
 */
export async function readJson(name: string, option: string | undefined): Promise<unknown> {
  if (option === undefined) return undefined;
  try {
    return JSON.parse(await source(option));
  } catch (error) {
    throw new UsageError(`${name} is not JSON that can be read: ${(error as Error).message}`);
  }
}

function source(option: string): string | Promise<string> {
  if (!option.startsWith('@')) return option;
  return option === '@-' ? text(process.stdin) : readFile(option.slice(1), 'utf8');
}
