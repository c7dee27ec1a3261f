import { NotJsonError } from '../errors.js';

/** What JSON can hold, and so what can be journaled and handed to another process. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/**
 * Returns `value` as {@link JsonValue}, or throws {@link NotJsonError} with the path of the first
 * part that JSON would lose or change: undefined, NaN, Infinity, BigInt, functions, symbols, Dates,
 * Maps, class instances, lone surrogates, holes of arrays, cycles.
 *
 * Iterative, so that deep values can't overflow the stack. `what` names the value in the error.
 */
export function assertJson(value: unknown, what: string): JsonValue {
  const stack: { value: unknown; path: string; ancestors: Ancestors | undefined }[] = [
    { value, path: '$', ancestors: undefined },
  ];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const problem = scalarProblem(item.value);
    if (problem !== undefined) throw new NotJsonError(what, item.path, problem);
    if (typeof item.value !== 'object' || item.value === null) continue;
    if (isAncestor(item.ancestors, item.value))
      throw new NotJsonError(what, item.path, 'a reference to a value around it');
    const ancestors = { value: item.value, up: item.ancestors };
    for (const [key, child] of children(item.value, item.path, what)) {
      stack.push({ value: child, path: key, ancestors });
    }
  }
  return value as JsonValue;
}

interface Ancestors {
  readonly value: object;
  readonly up: Ancestors | undefined;
}

function isAncestor(chain: Ancestors | undefined, value: object): boolean {
  for (let link = chain; link !== undefined; link = link.up) if (link.value === value) return true;
  return false;
}

function scalarProblem(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? undefined : 'a string with half a surrogate pair';
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : String(value);
    case 'object':
      return objectProblem(value);
    default:
      return value === undefined ? 'undefined' : `a ${typeof value}`;
  }
}

function objectProblem(value: object | null): string | undefined {
  if (value === null || Array.isArray(value)) return undefined;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    return `an instance of ${value.constructor?.name ?? 'a class'}`;
  return undefined;
}

function* children(value: object, path: string, what: string): Iterable<[string, unknown]> {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) yield [`${path}[${i}]`, value[i]];
    return;
  }
  for (const [key, child] of Object.entries(value)) {
    if (!key.isWellFormed())
      throw new NotJsonError(what, path, 'an object with half a surrogate pair in a key');
    yield [IDENTIFIER.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`, child];
  }
}

/** JSON text with object keys sorted: equal values give equal text, whatever order they were built in. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : part,
  );
}
