import { closeSync, constants, fstatSync, open, type Stats } from 'node:fs';
import { NuflowError } from '../errors.js';

/** Something else is where a file or folder of nuflow's should be, or somebody else's. Nothing was read from it or written to it. */
export class UnsafeFileError extends NuflowError {
  constructor(path: string, found: string, wanted = 'a regular file') {
    super(
      'NUFLOW_UNSAFE_FILE',
      `${path} ${found}, where ${wanted} of this user's should be; nothing was read from it or written to it. Find out who put it there, remove it, then try again.`,
      { path, found },
    );
  }
}

/** Never followed when it is a link, never waited for when it is a pipe. */
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a regular file, new ones with mode 0600. Throws what the system says, and UnsafeFileError for anything but a
 * regular file, or one to be written that belongs to another user.
 */
export async function openOwn(path: string, flags: number): Promise<[fd: number, Stats]> {
  const fd = await opened(path, flags);
  try {
    const stats = fstatSync(fd);
    const problem = problemOf(stats, flags);
    if (problem !== undefined) throw new UnsafeFileError(path, problem);
    return [fd, stats];
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function problemOf(stats: Stats, flags: number): string | undefined {
  if (!stats.isFile()) return `is ${kindOf(stats)}`;
  const isWritten = (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
  return isWritten ? foreignOwner(stats) : undefined;
}

/** Size of a file that is to be read. Throws UnsafeFileError for anything but a regular file. */
export function sizeOf(path: string, stats: Stats): number {
  if (!stats.isFile()) throw new UnsafeFileError(path, `is ${kindOf(stats)}`);
  return stats.size;
}

/** What is wrong with who owns a file; undefined when it is this user. */
export function foreignOwner({ uid }: Stats): string | undefined {
  const self = process.geteuid?.();
  return self === undefined || uid === self
    ? undefined
    : `belongs to another user (uid ${uid}, not ${self})`;
}

/** `a symbolic link`, for messages. */
export function kindOf(stats: Stats): string {
  if (stats.isFile()) return 'a regular file';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a named pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

/** What the system says of what is no regular file. */
const REFUSALS: Readonly<Record<string, string>> = {
  ELOOP: 'is a symbolic link',
  EISDIR: 'is a directory',
  ENXIO: 'is a pipe, a socket or a device',
};

function opened(path: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, flags | SAFELY, 0o600, (error, fd) => {
      if (!error) return resolve(fd);
      const refusal = REFUSALS[error.code ?? ''];
      reject(refusal === undefined ? error : new UnsafeFileError(path, refusal));
    });
  });
}
