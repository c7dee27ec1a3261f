import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { UsageError } from './exit-codes.js';

/**
 * What an option with JSON says: JSON, `@file` for a file that holds JSON, `@-` for JSON on stdin. Undefined when
 * it was not given. Throws UsageError, which names the option.
 */
export async function readJson(name: string, option: string | undefined): Promise<unknown> {
  if (option === undefined) return undefined;
  const json = await source(name, option);
  try {
    return JSON.parse(json);
  } catch (error) {
    // What JSON.parse says quotes the text, which may hold a secret.
    const [where] = /at position \d+(?: \(.*\))?/.exec((error as Error).message) ?? [];
    throw new UsageError(`${name} is not JSON${where === undefined ? '' : `: see ${where}`}`);
  }
}

async function source(name: string, option: string): Promise<string> {
  if (!option.startsWith('@')) return option;
  try {
    return await (option === '@-' ? text(process.stdin) : readFile(option.slice(1), 'utf8'));
  } catch (error) {
    throw new UsageError(`${name} can't be read: ${(error as Error).message}`);
  }
}
