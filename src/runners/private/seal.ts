import { readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonValue } from '../../definition/json.js';
import type { Redactor } from '../../secrets/redactor.js';
import { attemptFiles } from '../attempt-files.js';
import { MAX_RESULT } from '../result-file.js';
import type { AttemptPlace, AttemptSecrets } from '../runner.js';
import { isOurs, privateFolders } from './private-folder.js';

/**
 * Puts what an attempt left as its result into its folder, without secrets, and removes it where it was. May be
 * done again: a crash in between leaves one or the other. When not all secrets are known, the result can't be
 * redacted, and is dropped: the attempt then left none, as when the disk is full. Never throws.
 */
export function sealResult({ cookie, dir }: AttemptPlace, secrets: AttemptSecrets): void {
  for (const folder of privateFolders(cookie, dir).filter(isOurs)) {
    try {
      if (secrets.complete)
        keep(join(folder, 'result.json'), attemptFiles(dir).result, secrets.redactor);
    } catch {
      // It left none, or it is lost.
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

function keep(from: string, to: string, redactor: Redactor): void {
  const { size } = statSync(from);
  const aside = `${to}.tmp`;
  const isTooBig = size > MAX_RESULT;
  writeFileSync(aside, isTooBig ? '' : redactResult(redactor, readFileSync(from, 'utf8')), {
    mode: 0o600,
  });
  if (isTooBig) truncateSync(aside, size); // a hole of its size: it will be refused unread
  renameSync(aside, to);
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
