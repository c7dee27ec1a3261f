import { lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';

/** The beginning of every path of an attempt, `<run>/tasks/0007-create-server/1`, up to its run's folder. */
const RUN_OF_ATTEMPT = /^(.+)\/tasks\/\d{4,}[^/]*\/\d+(?:\/|$)/;

/**
 * The folders from the run's down to the one that holds a path of an attempt, outermost first; of any other path only
 * the one that holds it.
 */
export function foldersAround(path: string): string[] {
  const innermost = dirname(path);
  const outermost = RUN_OF_ATTEMPT.exec(path)?.[1] ?? innermost;
  const folders: string[] = [];
  for (let at = innermost; at.length >= outermost.length; at = dirname(at)) folders.unshift(at);
  return folders;
}

/** The outermost of these folders that is something else, such as a link; undefined when there is none. */
export function notFolder(path: string): { folder: string; found: Stats } | undefined {
  for (const folder of foldersAround(path)) {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (!found.isDirectory()) return { folder, found };
  }
  return undefined;
}
