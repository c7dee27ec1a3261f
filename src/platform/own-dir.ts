import { lstatSync, type Stats, statSync } from 'node:fs';
import { NuflowError } from '../errors.js';
import { foreignOwner, kindOf } from './own-file.js';

/** A directory that others could have put something into, or that is none. Nothing in it was used. */
export class UnsafeDirError extends NuflowError {
  constructor(path: string, found: string, next: string) {
    super('NUFLOW_UNSAFE_DIR', `${path} ${found}; nothing in it was used. ${next}`, {
      path,
      found,
    });
  }
}

const WRITABLE_BY_OTHERS = 0o022;

/**
 * That a directory is this user's (root's, for root), and that nobody else may put anything into it. `mayBeLink` allows
 * a symbolic link to one. No error when there is none. Throws UnsafeDirError, and what the system says.
 */
export function assertOwnDir(path: string, { mayBeLink = false } = {}): void {
  const look = mayBeLink ? statSync : lstatSync;
  const found = look(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory())
    throw new UnsafeDirError(
      path,
      `is ${kindOf(found)}, not a directory`,
      'Find out who put it there, and remove it.',
    );
  const owner = foreignOwner(found);
  if (owner !== undefined)
    throw new UnsafeDirError(
      path,
      owner,
      'Work as that user, or use another directory; when all that is in it is yours, change its owner (chown -R).',
    );
  assertUnshared(path, found);
}

function assertUnshared(path: string, { mode }: Stats): void {
  if ((mode & WRITABLE_BY_OTHERS) === 0) return;
  throw new UnsafeDirError(
    path,
    `can be written by others (mode ${(mode & 0o7777).toString(8)})`,
    `When all that is in it is yours, type: chmod go-w '${path}'; or use a directory inside it.`,
  );
}
