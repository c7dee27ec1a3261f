import { InvalidDefinitionError } from '../errors.js';
import { frozen, type JsonValue } from './json.js';
import { described } from './known-keys.js';
import { INPUT_PREFIX } from './secret-name.js';

/**
 * Parts of a run's input that are secret. Each text at or below such a path is journaled as
 * `{ "$secret": "input.db.password" }` and given back its value, by that name, when tasks see the input.
 * Only these places count: the same mark elsewhere is just data.
 */

/** Keys from the input's top; `*` is any key, or any place in a list. */
export type SecretPath = readonly string[];

/** `'db.password'` or `['db', 'password']` as a path; `''` is all of the input. Throws InvalidDefinitionError. */
function secretPath(path: string | readonly string[]): SecretPath {
  const steps = path === '' ? [] : typeof path === 'string' ? path.split('.') : path;
  const isPath = Array.isArray(steps) && steps.every((it) => typeof it === 'string' && it !== '');
  if (isPath) return [...steps];
  throw new InvalidDefinitionError(
    'secretInputs',
    `${described(path)} is not a path; use keys with dots between, such as "db.password" or "servers.*.key"`,
  );
}

/** The field of a definition for the paths it lists and those its schema marks; none when there are none. */
export function secretInputsSpec(
  listed: readonly (string | readonly string[])[] = [],
  marked: readonly SecretPath[] = [],
): { readonly secretInputs?: readonly SecretPath[] } {
  if (!Array.isArray(listed))
    throw new InvalidDefinitionError(
      'secretInputs',
      `must be a list of paths, not ${described(listed)}; write ["db.password"]`,
    );
  const all = new Map([...listed.map(secretPath), ...marked].map((it) => [JSON.stringify(it), it]));
  return all.size === 0 ? {} : { secretInputs: [...all.values()] };
}

/** An input as it may be journaled, the values taken out of it by name, and what can't be kept secret. */
export interface HiddenInput {
  readonly input: JsonValue;
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/** Takes the texts at secret places out of an input. */
export function hideInput(input: JsonValue, paths: readonly SecretPath[]): HiddenInput {
  const values = new Map<string, string>();
  const problems: { path: string; message: string }[] = [];
  const refuse = (name: string, message: string): void => {
    problems.push({ path: name.slice(INPUT_PREFIX.length), message });
  };
  const hide = (value: string | number, name: string): JsonValue => {
    if (typeof value === 'number') refuse(name, 'is to be secret, so it must be text');
    else if ((values.get(name) ?? value) !== value) refuse(name, 'is the name of two secrets');
    else values.set(name, value);
    return { $secret: name };
  };
  const hidden = paths.reduce((part, path) => atPlaces(part, path, hide), input);
  return { input: frozen(hidden), values: Object.fromEntries(values), problems };
}

/** The input as tasks see it. */
export function restoreInput(
  hidden: JsonValue,
  paths: readonly SecretPath[],
  value: (name: string) => string,
): JsonValue {
  const restored = paths.reduce(
    (part, path) => atPlaces(part, path, (scalar) => scalar, value),
    hidden,
  );
  return frozen(restored);
}

/** Names of the secrets that a journaled input has marks of. */
export function hiddenNames(hidden: JsonValue, paths: readonly SecretPath[]): string[] {
  const names = new Set<string>();
  const note = (name: string): JsonValue => {
    names.add(name);
    return { $secret: name };
  };
  for (const path of paths) atPlaces(hidden, path, (value) => value, note);
  return [...names];
}

type OnScalar = (value: string | number, name: string) => JsonValue;
type OnMark = (name: string) => JsonValue;
const KEEP: OnMark = (name) => ({ $secret: name });

/** The value with each text and number at or below the path replaced, and each mark. */
function atPlaces(
  value: JsonValue,
  path: SecretPath,
  onScalar: OnScalar,
  onMark: OnMark = KEEP,
  name = INPUT_PREFIX,
): JsonValue {
  if (isMark(value, name)) return onMark(name.slice(0, -1));
  if (path.length === 0 && (typeof value === 'string' || typeof value === 'number'))
    return onScalar(value, name.slice(0, -1));
  if (typeof value !== 'object' || value === null) return value;
  const [step = '*', ...rest] = path;
  const next = (part: JsonValue, key: string | number): JsonValue =>
    step === '*' || step === String(key)
      ? atPlaces(part, rest, onScalar, onMark, `${name}${key}.`)
      : part;
  if (Array.isArray(value)) return value.map(next);
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, next(part as JsonValue, key)]),
  );
}

/** Whether the value is the mark that belongs to this place; `name` ends in a dot. */
function isMark(value: JsonValue, name: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return (value as { readonly $secret?: JsonValue }).$secret === name.slice(0, -1);
}
