import { Script } from 'node:vm';
import { hasPatterns } from '../definition/json-schema.js';
import type { SchemaResult, StandardSchema } from '../definition/standard-schema.js';

/** How long a schema with patterns may look at a value, ms: the whole program stands still meanwhile. */
const MAX_MS = 1_000;

/**
 * What a schema says of a value. A pattern in a schema that is data, such as `^(a+)+$`, may take years on forty characters: what such
 * a schema does not say in time is an issue. Schemas in code may do whatever code may.
 */
export function validate(
  schema: StandardSchema,
  value: unknown,
): SchemaResult<unknown> | Promise<SchemaResult<unknown>> {
  const ask = () => schema['~standard'].validate(value);
  if (!hasPatterns(schema)) return ask();
  try {
    return within(ask);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    return { issues: [{ message: TOO_LONG }] };
  }
}

const TOO_LONG = `was not checked: a pattern of its schema took more than ${MAX_MS} ms on it; write the pattern so that it can match in one way only`;

const CALL = new Script('call()');

/** Runs a function as long as it may; V8 can stop code, patterns included, only for a script that has a time limit. */
function within<T>(call: () => T): T {
  return CALL.runInNewContext({ call }, { timeout: MAX_MS }) as T;
}
