import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

const FORM = /^[A-Za-z0-9_-]{43}$/;
const OTHERS = 0o077;
/** More than a token takes. */
const MAX_BYTES = 1024;

/** The token file is not one to trust. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly code = 'TOKEN';
}

/** Path of the token file in a data directory. */
export function tokenPath(dataDir: string): string {
  return join(dataDir, 'token');
}

/**
 * The token of a data directory, made if there is none; only its owner can read the file. Call it
 * holding the directory's lock. Throws when the file could be read by others, or holds no token.
 */
export async function readOrMakeToken(dataDir: string): Promise<string> {
  const path = tokenPath(dataDir);
  const file = await openToken(path);
  if (file === undefined) return makeToken(path);
  try {
    assertOwn(path, await file.stat());
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
    const token = buffer.toString('utf8', 0, bytesRead).trim();
    if (!FORM.test(token))
      throw new TokenError(`${path} holds no token; remove it, and one is made.`);
    return token;
  } finally {
    await file.close();
  }
}

/** Without following a link or waiting for a pipe: whoever knows the token may run anything. Undefined when there is none. */
async function openToken(path: string): Promise<FileHandle | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP' || code === 'ENXIO') throw notRegular(path);
    throw error;
  }
}

/** A token that somebody else put there would let them in. */
function assertOwn(path: string, found: Stats): void {
  if (!found.isFile()) throw notRegular(path);
  if (found.uid !== (process.geteuid?.() ?? found.uid))
    throw new TokenError(
      `${path} belongs to another user (uid ${found.uid}); remove it, and a new one is made.`,
    );
  if ((found.mode & OTHERS) !== 0)
    throw new TokenError(`${path} can be read by others; remove it, and a new one is made.`);
}

function notRegular(path: string): TokenError {
  return new TokenError(`${path} is no regular file; remove it, and a new one is made.`);
}

/** Written aside and renamed: a crash leaves no half token. */
async function makeToken(path: string): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const aside = `${path}.${process.pid}`;
  await rm(aside, { force: true });
  const file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(`${token}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
  return token;
}

/** Whether an Authorization header carries the token. How long it takes tells nothing about the token. */
export function authorized(header: string | undefined, token: string): boolean {
  const given = /^Bearer ([^ ]+)$/i.exec(header ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(given), digest(token));
}

/** Of equal length whatever is given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
