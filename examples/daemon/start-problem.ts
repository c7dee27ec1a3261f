import { NuflowError, UnreachableError } from 'nuflow';
import { TokenError } from './token.js';

const OTHER_FOLDER = 'name another folder with --data-dir';
const OTHER_PORT = 'name another port with --port';
const OTHER_HOST = 'name an address of this machine with --host';
const MAKE_SPACE = 'make space on the disk, then start the daemon again';
/** What to do about an error of the system, by its code. */
const NEXT: Readonly<Record<string, string>> = {
  EACCES: `give this user access to it, or ${OTHER_FOLDER}`,
  EADDRINUSE: `stop what listens there, or ${OTHER_PORT}`,
  EADDRNOTAVAIL: OTHER_HOST,
  EAI_AGAIN: OTHER_HOST,
  EDQUOT: MAKE_SPACE,
  EEXIST: OTHER_FOLDER,
  EINVAL: OTHER_HOST,
  ELOOP: OTHER_FOLDER,
  ENAMETOOLONG: OTHER_FOLDER,
  ENOSPC: MAKE_SPACE,
  ENOENT: OTHER_FOLDER,
  ENOTDIR: OTHER_FOLDER,
  ENOTFOUND: OTHER_HOST,
  EPERM: `give this user access to it, or ${OTHER_FOLDER}`,
  EROFS: OTHER_FOLDER,
};
const LISTEN_NEXT: Readonly<Record<string, string>> = { EACCES: OTHER_PORT, EPERM: OTHER_PORT };

/** Why a daemon did not start, as a line: code, what is wrong, and what to do. Undefined for a bug. */
export function startProblem(error: unknown): string | undefined {
  if (error instanceof UnreachableError) return undefined;
  if (error instanceof NuflowError || error instanceof TokenError)
    return `${error.code}: ${error.message}`;
  const { code, syscall, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (code === undefined || syscall === undefined || message === undefined) return undefined;
  const byCall = syscall === 'listen' ? LISTEN_NEXT[code] : undefined;
  const next = byCall ?? NEXT[code] ?? 'fix the cause, then start the daemon again';
  return `${message.startsWith(code) ? '' : `${code}: `}${message}; ${next}`;
}
