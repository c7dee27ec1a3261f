import { assertJson } from '../../definition/json.js';
import { lazySchema } from '../../lazy-import.js';
import { badResult } from '../process/result-file.js';
import type { Outcome } from '../runner.js';
import { caughtError, toTaskError } from './error.js';

/** What a Nushell task leaves in result.json when it failed: its error in Nushell's own words. */
const failure = lazySchema((z) => z.object({ ok: z.literal(false), error: caughtError() }));

/** The same of one that succeeded: its value. Told by hand, for nearly all are such. */
function isSuccess(found: unknown): found is { readonly value?: unknown } {
  return typeof found === 'object' && found !== null && 'ok' in found && found.ok === true;
}

/** The outcome that a result's text gives. */
export function envelopeOutcome(text: string): Outcome {
  try {
    const found: unknown = JSON.parse(text);
    return isSuccess(found)
      ? { status: 'succeeded', output: assertJson(found.value ?? null, 'the result of the task') }
      : { status: 'failed', error: toTaskError(failure().parse(found).error) };
  } catch (error) {
    return badResult((error as Error).message);
  }
}
