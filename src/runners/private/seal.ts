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

/** Keys of the result itself stay as they are, also when a secret is called like one. */
function redactResult(redactor: Redactor, text: string): string {
  const result = parsed(text);
  if (typeof result !== 'object' || result === null) return redactor.text(text);
  const fields = Object.entries(result).map(([key, part]) => [
    key,
    key === 'value' ? redactor.value(part as JsonValue) : redactor.texts(part as JsonValue),
  ]);
  return JSON.stringify(Object.fromEntries(fields));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
