import { hostname } from 'node:os';
import { exclusiveHolder } from './exclusive-file.js';
import { livingHolder, readHolder } from './lock-holder.js';

/** That a lock is held, as far as can be told from outside. */
export interface LockLook {
  /** Since when; undefined when that is not known. */
  readonly since?: string | undefined;
}

/**
 * Looks whether somebody has the lock of `path`, without taking it: to take it for a moment would refuse whoever
 * opens the directory then. Undefined when nobody has; of a process of another machine it can't be told, so that it counts as one that has it.
 */
export async function lookAtLock(path: string): Promise<LockLook | undefined> {
  if ((await exclusiveHolder(path)) !== undefined) return {};
  const named = await readHolder(path);
  if (named === undefined) return undefined;
  const { host = hostname(), since } = named;
  if (host !== hostname()) return {};
  return (await livingHolder(path)) === undefined ? undefined : { since };
}
