import { readFile } from 'node:fs/promises';
import { UsageError } from './exit-codes.js';

/** Values of `--secret` options by name. Throws UsageError. */
export async function readSecrets(options: readonly string[]): Promise<Record<string, string>> {
  return Object.fromEntries(await Promise.all(options.map(readSecret)));
}

async function readSecret(option: string): Promise<[string, string]> {
  const at = option.indexOf('=');
  const name = at === -1 ? option : option.slice(0, at);
  const source = at === -1 ? option : option.slice(at + 1);
  if (source.startsWith('@')) return [name, await fileContent(source.slice(1))];
  const value = process.env[source];
  if (value === undefined)
    throw new UsageError(`--secret ${name}: there is no variable ${source} in the environment`);
  return [name, value];
}

/** Without a BOM, and without the newline that editors put at the end. Bytes that are not UTF-8 are refused. */
async function fileContent(path: string): Promise<string> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
    return text.replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`--secret: ${path} is not UTF-8`);
    throw new UsageError(`--secret: ${(error as Error).message}`);
  }
}
