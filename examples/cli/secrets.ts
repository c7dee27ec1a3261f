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

/** Without the newline that editors put at the end. */
async function fileContent(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new UsageError(`--secret: ${(error as Error).message}`);
  }
}
