import { assertJson } from '../../definition/json.js';
import { lateSchema } from '../../late.js';
import { badResult } from '../result-file.js';
import type { Outcome } from '../runner.js';
import { caughtError, toTaskError } from './error.js';

/** What a Nushell task leaves in result.json: its value, or its error in Nushell's own words. */
const envelope = lateSchema((z) =>
  z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), value: z.unknown() }),
    z.object({ ok: z.literal(false), error: caughtError() }),
  ]),
);

/** The outcome that a result's text gives. */
export function envelopeOutcome(text: string): Outcome {
  try {
    const found = envelope().parse(JSON.parse(text));
    return found.ok
      ? { status: 'succeeded', output: assertJson(found.value ?? null, 'the result of the task') }
      : { status: 'failed', error: toTaskError(found.error) };
  } catch (error) {
    return badResult((error as Error).message);
  }
}
