import { InvalidDefinitionError } from '../errors.js';
import { described } from './known-keys.js';

/** Stands for a secret wherever a reference may stand; the value comes when the task starts, and is stored nowhere. */
export interface SecretReference {
  readonly $secret: string;
}

const NAME = /^[A-Za-z0-9_][\w./:@-]{0,199}$/;
/** Names that begin so are those of secret inputs, see secret-inputs.ts; that of a wholly secret one lacks the dot. */
export const INPUT_PREFIX = 'input.';

/**
 * A reference to the secret that `Orchestrator.open({ secrets })` knows under this name: 1 to 200 of
 * `A-Z a-z 0-9 _ . / : @ -`. Throws InvalidDefinitionError.
 */
export function secret(name: string): SecretReference {
  return Object.freeze({ $secret: secretName(name, 'secret') });
}

/** The name, when it can be a secret's. Throws InvalidDefinitionError, naming `path`. */
export function secretName(name: unknown, path: string): string {
  if (typeof name === 'string' && NAME.test(name) && !`${name}.`.startsWith(INPUT_PREFIX))
    return name;
  throw new InvalidDefinitionError(
    path,
    `${described(name)} is not the name of a secret; use 1 to 200 of A-Z a-z 0-9 _ . / : @ - and don't call it "input" or begin with "${INPUT_PREFIX}"`,
  );
}
