import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { assertJson } from '../../definition/json.js';
import type { Outcome } from '../runner.js';
import { caughtError, toTaskError } from './error.js';

/** What a Nushell task leaves in result.json: its value, or its error in Nushell's own words. */
const envelope = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: caughtError }),
]);

/** The outcome in a result file; undefined when there is no such file. */
export function readEnvelope(path: string): Outcome | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  try {
    const found = envelope.parse(JSON.parse(text));
    return found.ok
      ? { status: 'succeeded', output: assertJson(found.value ?? null, 'the result of the task') }
      : { status: 'failed', error: toTaskError(found.error) };
  } catch (error) {
    const message = `The task's result can't be read: ${(error as Error).message}`;
    return { status: 'failed', error: { code: 'NUFLOW_BAD_RESULT', message } };
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
