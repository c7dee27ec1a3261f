import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { InstallationError } from '../installation-error.js';

/**
 * Where the programs are that run beside this one. The build keeps this module a file of its own in its
 * place, since it finds them by where it is itself. Bundled into another file it finds none.
 */

/** First line of every file of this build; undefined in the sources. The build puts it in. */
declare const NUFLOW_BUILD: string | undefined;
const BUILD = typeof NUFLOW_BUILD === 'undefined' ? undefined : NUFLOW_BUILD;

/** Starts programs for a {@link Spawner}. */
export const HELPER = beside('spawner/helper.js');

/** Takes secrets out of what an attempt prints. */
export const FILTER = beside('private/filter-main.js');

/** Throws InstallationError when a program that nuflow starts is missing, or belongs to another version. */
export function assertInstalled(): void {
  if (BUILD === undefined) return;
  if (isSea())
    throw new InstallationError('it runs in a single executable application, which is no Node');
  assertFiles([HELPER, FILTER], BUILD);
}

/** Throws InstallationError unless these files, and all those of ours that they import, are there and begin with `firstLine`. */
export function assertFiles(files: readonly string[], firstLine: string): void {
  const known = new Set(files);
  for (const file of known) {
    const text = textOf(file);
    if (!text.startsWith(`${firstLine}\n`))
      throw new InstallationError(`${file} is not of this version (${firstLine.slice(3)})`);
    for (const imported of text.matchAll(/^(?:import|export)\b[^;]*?["'](\.[^"']+)["'];/gm))
      known.add(resolve(dirname(file), imported[1] as string));
  }
}

function textOf(file: string): string {
  if (!existsSync(file))
    throw new InstallationError(file === '' ? 'its files have no path' : `${file} is missing`);
  return readFileSync(file, 'utf8');
}

/** Absolute path of a file beside this one; empty where a bundler left no trace of where this is. */
function beside(name: string): string {
  const here = import.meta.url as string | undefined;
  return here?.startsWith('file:') ? fileURLToPath(new URL(name, here)) : '';
}
