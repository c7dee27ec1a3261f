import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

const FORM = /^[A-Za-z0-9_-]{43}$/;
const OTHERS = 0o077;

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
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return makeToken(path);
  if ((found.mode & OTHERS) !== 0)
    throw new Error(`${path} can be read by others; remove it, and a new one is made.`);
  const token = (await readFile(path, 'utf8')).trim();
  if (!FORM.test(token)) throw new Error(`${path} holds no token; remove it, and one is made.`);
  return token;
}

/** Written aside and renamed: a crash leaves no half token. */
async function makeToken(path: string): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const aside = `${path}.${process.pid}`;
  const file = await open(aside, 'w', 0o600);
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
