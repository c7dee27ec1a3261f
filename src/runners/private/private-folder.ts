import { accessSync, constants, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertFolders } from '../../platform/regular-file.js';
import { attemptFiles } from '../attempt-files.js';
import type { AttemptRef } from '../runner.js';

/** A folder in memory, on Linux; what is there is on no disk, unless the machine swaps. */
export const MEMORY = '/dev/shm';
/** What names of private folders in memory begin with; the attempt's cookie follows. */
export const PREFIX = 'nuflow-';

function memory(): string | undefined {
  try {
    accessSync(MEMORY, constants.W_OK | constants.X_OK);
    return MEMORY;
  } catch {
    return undefined;
  }
}

/**
 * Where an attempt that is given secrets may have left its result as it is: in memory, or, on machines without
 * such a folder, in the attempt's own. The cookie leads whoever takes the attempt over to it.
 */
export function privateFolders(cookie: string, dir: string): readonly string[] {
  return [join(MEMORY, `${PREFIX}${cookie}`), join(dir, 'private')];
}

/** Where the process of an attempt that starts now is to leave its result. */
export function resultPath({ cookie, dir, secrets }: AttemptRef): string {
  return secrets === undefined
    ? attemptFiles(dir).result
    : join(privateFolder(cookie, dir), 'result.json');
}

/** Makes the folder of an attempt (0700), empty; its path. Throws what the file system says: also when somebody else has made it. */
export function makePrivateFolder(cookie: string, dir: string): string {
  const folder = privateFolder(cookie, dir);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

/** Where files go that lose their name before they hold anything: not to the data directory's disk, if that can be helped. */
export function passingFolder(privateFolder: string): string {
  return memory() === undefined ? tmpdir() : privateFolder;
}

/** Whether the folder is there and was made by us, and nobody else could have put anything into it. */
export function isOurs(folder: string): boolean {
  try {
    const found = lstatSync(folder);
    assertFolders(folder);
    return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

/** The private folder of an attempt that starts now. */
export function privateFolder(cookie: string, dir: string): string {
  const [inMemory = dir, inAttempt = dir] = privateFolders(cookie, dir);
  return memory() === undefined ? inAttempt : inMemory;
}
