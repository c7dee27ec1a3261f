import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs a program of bench/programs in a process of its own and reads the JSON it prints last. Rejects when it fails. */
export async function runProgram<T>(name: string, args: readonly string[]): Promise<T> {
  const script = fileURLToPath(new URL(`../programs/${name}.js`, import.meta.url));
  const { stdout } = await run(process.execPath, [script, ...args]);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}

/** The middle one of some figures. */
export function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
