import { lstatSync, mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { foldersAround } from '../platform/folders-around.js';
import { assertFolders } from '../platform/regular-file.js';

const PRIVATE = 0o700;
/** The run's folder and its `tasks`, which all its attempts share. */
const SHARED = 2;
/** What an attempt that could not be begun may have left. */
const LEFTOVERS = ['input.json', 'stdout.log', 'stderr.log', 'process.json'];

/**
 * Makes an attempt's folder (0700), empty. Tasks know where the folder of a later attempt will be, and may have put anything there, or
 * in place of its task's folder: a file or a link is removed and never followed, a folder that holds something is moved aside
 * (`1.replaced-…`). Throws NotRegularFileError when the run's folder or its `tasks` is something else, otherwise what the file system says.
 */
export function makeAttemptFolder(dir: string): void {
  for (const [depth, folder] of foldersAround(dir).entries()) {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    if (found?.isDirectory()) continue;
    if (depth < SHARED) assertFolders(dir);
    else if (found !== undefined) rmSync(folder);
    mkdirSync(dirname(dir), { recursive: true, mode: PRIVATE });
    break;
  }
  makeEmpty(dir);
}

function makeEmpty(dir: string): void {
  if (isMade(dir)) return;
  if (!lstatSync(dir).isDirectory()) rmSync(dir);
  else if (!isCleared(dir)) renameSync(dir, mkdtempSync(`${dir}.replaced-`));
  mkdirSync(dir, { mode: PRIVATE });
}

/** Makes the folder; false when something is there. */
function isMade(dir: string): boolean {
  try {
    mkdirSync(dir, { mode: PRIVATE });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a folder with no more in it than what an attempt that could not be begun leaves; false when there is more. */
function isCleared(dir: string): boolean {
  try {
    for (const name of LEFTOVERS) rmSync(`${dir}/${name}`, { force: true });
    rmdirSync(dir);
    return true;
  } catch {
    return false;
  }
}
