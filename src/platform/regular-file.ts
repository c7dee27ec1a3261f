import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { notFolder } from './folders-around.js';

/**
 * Files in folders where a task can put anything: a named pipe would make an ordinary open() wait for ever, a link
 * leads elsewhere, a device has no end. All files of attempts are opened and made here.
 */

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_WRONLY } = constants;
const PRIVATE = 0o600;

/** There is something at the path, and it is not a plain file of ours. */
export class NotRegularFileError extends Error {
  readonly code = 'NUFLOW_NOT_A_FILE';

  constructor(path: string, found: string, wanted = 'a regular file that only this path names') {
    super(`${path} is ${found}, not ${wanted}`);
    this.name = new.target.name;
  }
}

/** The file holds more than was asked for. */
export class FileTooLongError extends Error {
  readonly code = 'NUFLOW_FILE_TOO_LONG';
  /** Its size when it was looked at. */
  readonly bytes: number;

  constructor(path: string, bytes: number) {
    super(`${path} has ${bytes} bytes`);
    this.name = new.target.name;
    this.bytes = bytes;
  }
}

/**
 * Opens a regular file without waiting and without following a link; the caller closes it. `flags` as open(2)'s,
 * default O_RDONLY. Throws NotRegularFileError for anything else at the path, for a file that has more than one name or another owner,
 * and for one in a folder that is a link, or whose task's or run's folder is; otherwise what the file system says.
 */
export function openRegular(path: string, flags: number = O_RDONLY): number {
  const fd = opened(path, flags | O_NOFOLLOW | O_NONBLOCK);
  try {
    const problem = problemOf(fstatSync(fd), path);
    if (problem !== undefined) throw new NotRegularFileError(path, problem);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Calls `use` with the file open, see {@link openRegular}. */
export function withRegular<T>(path: string, use: (fd: number) => T, flags?: number): T {
  const fd = openRegular(path, flags);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** As {@link openRegular}, for who reads much: not at once. */
export async function openRegularHandle(path: string): Promise<FileHandle> {
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(explained(path));
  try {
    const problem = problemOf(await handle.stat(), path);
    if (problem !== undefined) throw new NotRegularFileError(path, problem);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** As {@link createRegular}. */
export async function createRegularHandle(path: string): Promise<FileHandle> {
  assertFolders(path);
  rmSync(path, { force: true });
  return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, PRIVATE);
}

/** Nearly all files that are read as a whole fit in here, and take one call. */
const SMALL = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * The text of a regular file of at most `maxBytes`. Throws FileTooLongError for a bigger one, also for one that grows meanwhile;
 * and what {@link openRegular} throws.
 */
export function readRegular(path: string, maxBytes: number): string {
  return withRegular(path, (fd) => {
    const first = readSync(fd, SMALL, 0, SMALL.length, 0);
    if (first < SMALL.length && first <= maxBytes) return SMALL.toString('utf8', 0, first);
    const { size } = fstatSync(fd);
    if (size > maxBytes) throw new FileTooLongError(path, size);
    const bytes = Buffer.allocUnsafe(size + 1);
    const length = readUpTo(fd, bytes);
    if (length > size) throw new FileTooLongError(path, fstatSync(fd).size);
    return bytes.toString('utf8', 0, length);
  });
}

/** Fills `into` from the beginning of the file as far as that goes; returns the number of bytes. */
function readUpTo(fd: number, into: Buffer): number {
  let filled = 0;
  while (filled < into.length) {
    const length = readSync(fd, into, filled, into.length - filled, filled);
    if (length === 0) break;
    filled += length;
  }
  return filled;
}

/**
 * Makes an empty file (0600) in place of the file, link, pipe or socket that may be there; the caller closes it. Throws for a folder, and
 * NotRegularFileError where a folder around it is a link.
 */
export function createRegular(path: string, flags: number = O_WRONLY): number {
  assertFolders(path);
  return createInMade(path, flags);
}

/** The same in a folder that was just made. */
export function createInMade(path: string, flags: number): number {
  const exclusive = flags | O_CREAT | O_EXCL | O_NOFOLLOW;
  try {
    return openSync(path, exclusive, PRIVATE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    rmSync(path, { force: true });
    return openSync(path, exclusive, PRIVATE);
  }
}

/** Puts a file with this text at the path, whatever is there; whole, or not at all. Not synced. */
export function replaceRegular(path: string, text: string): void {
  const aside = `${path}.tmp`;
  writeNew(aside, text);
  renameSync(aside, path);
}

/** Makes a file with this text in place of whatever is there but a folder. */
export function writeNew(path: string, text: string): void {
  const fd = createRegular(path);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } finally {
    closeSync(fd);
  }
}

/** Size of a regular file, bytes; undefined when there is none at the path. */
export function regularSize(path: string): number | undefined {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found?.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there is anything at the path, be it a link that leads nowhere; not where a folder around it is a link. */
export function isThere(path: string): boolean {
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return false;
    return notFolder(path) === undefined;
  } catch {
    return false;
  }
}

/** What open(2) says of links, of sockets and devices without a driver, and of folders that are to be written. */
const ODD: ReadonlySet<unknown> = new Set(['ELOOP', 'EMLINK', 'ENXIO', 'ENODEV', 'EISDIR']);

function opened(path: string, flags: number): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    return explained(path)(error);
  }
}

/** Throws what is at the path where that is the cause of an error, otherwise the error. */
function explained(path: string): (error: unknown) => never {
  return (error) => {
    assertFolders(path); // what it says of a file that a link leads to is of no interest
    const found = ODD.has((error as NodeJS.ErrnoException).code) ? lstatSync(path) : undefined;
    if (found === undefined || found.isFile()) throw error;
    throw new NotRegularFileError(path, kindOf(found));
  };
}

function problemOf(found: Stats, path: string): string | undefined {
  if (!found.isFile()) return kindOf(found);
  if (found.nlink > 1) return `a file with ${found.nlink} names`;
  const folder = folderProblem(path);
  if (folder !== undefined) return folder;
  // Shares over a network may show all files as somebody else's, their folders too.
  const isOurs = found.uid === process.geteuid?.() || found.uid === lstatSync(dirname(path)).uid;
  return isOurs ? undefined : `a file of user ${found.uid}`;
}

/** Throws NotRegularFileError when a folder around the path is something else: its own, its task's or its run's. */
export function assertFolders(path: string): void {
  const wrong = notFolder(path);
  if (wrong !== undefined)
    throw new NotRegularFileError(wrong.folder, kindOf(wrong.found), 'a folder of its run');
}

function folderProblem(path: string): string | undefined {
  const wrong = notFolder(path);
  return wrong && `in a folder that is ${kindOf(wrong.found)} (${wrong.folder})`;
}

function kindOf(found: Stats): string {
  if (found.isSymbolicLink()) return 'a symbolic link';
  if (found.isFIFO()) return 'a named pipe';
  if (found.isSocket()) return 'a socket';
  if (found.isDirectory()) return 'a folder';
  if (found.isFile()) return 'a file';
  if (found.isCharacterDevice() || found.isBlockDevice()) return 'a device';
  return 'something else';
}
