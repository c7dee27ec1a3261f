import { InvalidDefinitionError, InvalidOptionError } from '../errors.js';
import { shortText } from './duration.js';
import { meantKey } from './shape-problems.js';

/** Makes the error of the API that was given the options. */
export type Refusal = (path: string, why: string) => Error;

/** For options of a definition. */
export const ofDefinition: Refusal = (path, why) => new InvalidDefinitionError(path, why);
/** For options of the orchestrator. */
export const ofOption: Refusal = (path, why) => new InvalidOptionError(path, why);

/**
 * Throws for what is no object, and for a key that is not known, which would have no effect. A key that is undefined counts as
 * absent. `where` is the path of the options, empty for those of a whole call named `call`.
 */
export function assertKnownKeys(
  options: unknown,
  known: ReadonlySet<string>,
  { where, call = where, refuse }: { where: string; call?: string; refuse: Refusal },
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw refuse(where || 'options', `must be an object, not ${described(options)}`);
  for (const key in options) {
    if (known.has(key) || (options as Record<string, unknown>)[key] === undefined) continue;
    const path = where === '' ? key : `${where}.${key}`;
    const names = [...known];
    const meant = meantKey(key, names);
    const next =
      meant === undefined
        ? `known are ${names.join(', ')}`
        : `did you mean ${JSON.stringify(meant)}?`;
    throw refuse(path, `is not an option of ${call}; ${next}`);
  }
}

/** A value as an error shows it. */
export function described(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (value instanceof Promise) return 'a promise';
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  try {
    return shortText(value);
  } catch {
    return 'an object that is no JSON';
  }
}
