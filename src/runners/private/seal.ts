import { rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { JsonValue } from '../../definition/json.js';
import { isNoSpaceError } from '../../errors.js';
import { FileTooLongError, readRegular, replaceRegular } from '../../platform/regular-file.js';
import type { Redactor } from '../../secrets/redactor.js';
import { attemptFiles } from '../attempt-files.js';
import { LOST_RESULT } from '../process/lost-result.js';
import { MAX_RESULT, unreadable } from '../process/result-file.js';
import type { AttemptRef, AttemptSecrets, Outcome } from '../runner.js';
import { isOurs, privateFolders } from './private-folder.js';

/**
 * Puts what an attempt left as its result into its folder, without secrets, and removes it where it was. May be
 * done again: a crash in between leaves one or the other. On a full disk waits for space, for some seconds. When not all secrets are known, the result can't be
 * redacted, and is dropped: the attempt then left none, as when the disk is full. Returns why it can't be used when it is no
 * file at all. Never throws.
 */
export async function sealResult(
  { cookie, dir }: AttemptRef,
  secrets: AttemptSecrets,
): Promise<Outcome | undefined> {
  let refused: Outcome | undefined;
  for (const folder of privateFolders(cookie, dir).filter(isOurs)) {
    const left = secrets.complete ? resultIn(join(folder, 'result.json')) : undefined;
    if (left !== undefined && 'refused' in left) refused = left.refused;
    else if (left !== undefined && !(await keep(left, attemptFiles(dir).result, secrets.redactor)))
      refused = LOST_RESULT;
    remove(folder);
  }
  return refused;
}

type Left = { readonly text: string } | { readonly bytes: number } | { readonly refused: Outcome };

function resultIn(path: string): Left | undefined {
  try {
    return { text: readRegular(path, MAX_RESULT) };
  } catch (error) {
    if (error instanceof FileTooLongError) return { bytes: error.bytes };
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? undefined
      : { refused: unreadable(error) };
  }
}

/** Between two tries to find space, ms, and how many there are: the reserve is freed meanwhile. */
const WAIT_MS = 500;
const TRIES = 20;

/** False when there was no space for it all the time. */
async function keep(
  left: Exclude<Left, { refused: Outcome }>,
  to: string,
  redactor: Redactor,
): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      replaceRegular(to, 'text' in left ? redactResult(redactor, left.text) : '');
      if ('bytes' in left) truncateSync(to, left.bytes); // a hole of its size: it will be refused unread
      return true;
    } catch (error) {
      if (!isNoSpaceError(error)) return true; // there is none then, as its verdict will see
      await delay(WAIT_MS);
    }
  }
  return false;
}

/** A task may have left what can't be removed. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // The system clears such folders when the machine starts.
  }
}

/** Keys that results have: they stay as they are, also when a secret is called like one. */
const OURS = new Set(
  'ok value error exitCode msg code help labels text location start end span exit_code rendered inner details json url'.split(
    ' ',
  ),
);

/** A task may leave anything: what is no result is refused later, and must hold no secret all the same. */
function redactResult(redactor: Redactor, text: string): string {
  const result = parsed(text);
  if (result === undefined) return redactor.text(text);
  if (typeof result !== 'object' || result === null || Array.isArray(result))
    return JSON.stringify(redactor.value(result));
  const isOurs = (key: string): boolean => OURS.has(key);
  const fields = Object.entries(result).map(([key, part]) => [
    isOurs(key) ? key : redactor.text(key),
    key === 'value' ? redactor.value(part) : redactor.texts(part, isOurs),
  ]);
  return JSON.stringify(Object.fromEntries(fields));
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
