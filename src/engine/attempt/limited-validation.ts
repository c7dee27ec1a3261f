import { createContext, Script } from 'node:vm';
import { maybeSlow } from '../../definition/json-schema.js';
import type { SchemaResult, StandardSchema } from '../../definition/standard-schema.js';

/** How long a schema that is data may look at a value, ms: the whole program stands still meanwhile. */
const MAX_MS = 1_000;

/**
 * What a schema says of a value. A schema that is data may take years on forty characters, by a pattern such as `^(a+)+$` or by
 * alternatives inside themselves: what it does not say in time is an issue. Schemas in code may do whatever code may.
 */
export function validate(
  schema: StandardSchema,
  value: unknown,
): SchemaResult<unknown> | Promise<SchemaResult<unknown>> {
  const ask = () => schema['~standard'].validate(value);
  if (!maybeSlow(schema)) return ask();
  try {
    return within(ask);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    return { issues: [{ message: TOO_LONG }] };
  }
}

const TOO_LONG = `was not checked: its schema took more than ${MAX_MS} ms on it; write patterns that can match in one way only, and alternatives that differ in their first properties`;

const CALL = new Script('call()');
let context: { call?: () => unknown } | undefined;

/** Runs a function as long as it may; V8 can stop code, patterns included, only for a script that has a time limit. */
function within<T>(call: () => T): T {
  context ??= createContext({}); // making one takes longer than most validations
  context.call = call;
  try {
    return CALL.runInContext(context, { timeout: MAX_MS }) as T;
  } finally {
    delete context.call;
  }
}
