import { NotJsonError } from '../errors.js';

/** What JSON can hold, and so what can be journaled and handed to another process. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** Deeper values can't be written as JSON text without overflowing the stack. */
const MAX_DEPTH = 1_000;

/**
 * A frozen copy of `value` as {@link JsonValue}: what is journaled must stay what everybody sees, whoever
 * keeps the original and changes it later. -0 becomes 0.
 *
 * Throws {@link NotJsonError} with the path of the first part that JSON would lose or change: undefined, NaN,
 * Infinity, BigInt, functions, symbols, Dates, Maps, class instances, lone surrogates, holes of arrays,
 * cycles, and what is nested deeper than 1,000. `what` names the value in the error.
 */
export function assertJson(value: unknown, what: string): JsonValue {
  return copy(value, undefined, what);
}

/** Freezes a value in all its parts, in place: what {@link assertJson} gives is frozen already, what JSON.parse gives is not. */
export function frozen<T extends JsonValue | undefined>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

/** Way from a part to the whole. */
interface Place {
  readonly around: object;
  readonly key: string | number;
  readonly depth: number;
  readonly up: Place | undefined;
}

function copy(value: unknown, place: Place | undefined, what: string): JsonValue {
  const problem = problemOf(value, place);
  if (problem !== undefined) throw new NotJsonError(what, pathText(place), problem);
  if (typeof value === 'number') return value + 0; // no -0
  if (typeof value !== 'object' || value === null) return value as JsonValue;
  const depth = (place?.depth ?? 0) + 1;
  const part = (key: string | number, child: unknown): JsonValue =>
    copy(child, { around: value, key, depth, up: place }, what);
  if (Array.isArray(value)) return Object.freeze(Array.from(value, (child, i) => part(i, child)));
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([key, child]) => [key, part(key, child)])),
  );
}

function problemOf(value: unknown, place: Place | undefined): string | undefined {
  if (typeof place?.key === 'string' && !place.key.isWellFormed())
    return 'under a key with a lone surrogate';
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? undefined : 'a string with a lone surrogate';
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : String(value);
    case 'object':
      return value === null ? undefined : objectProblem(value, place);
    default:
      return value === undefined ? 'undefined' : `a ${typeof value}`;
  }
}

function objectProblem(value: object, place: Place | undefined): string | undefined {
  if (!Array.isArray(value) && !isPlain(value))
    return `an instance of ${value.constructor?.name ?? 'a class'}`;
  for (let link = place; link !== undefined; link = link.up)
    if (link.around === value) return 'a reference to a value around it';
  return (place?.depth ?? 0) > MAX_DEPTH ? `nested deeper than ${MAX_DEPTH}` : undefined;
}

/** Also an object of another realm (`node:vm`), whose Object.prototype is not ours. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function pathText(place: Place | undefined): string {
  const steps: string[] = [];
  for (let link = place; link !== undefined; link = link.up) steps.push(stepText(link.key));
  const path = steps.reverse();
  if (path.length <= MAX_STEPS) return `$${path.join('')}`;
  return `$${path.slice(0, MAX_STEPS / 2).join('')} … ${path.slice(-MAX_STEPS / 2).join('')}`;
}

/** Longer paths are told by their beginning and end. */
const MAX_STEPS = 40;

function stepText(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`;
  return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** Most that a number can take (`-1.7976931348623157e+308`), and anything shorter. */
const SCALAR_BYTES = 24;
/** Most that one UTF-16 code unit can take: `\\u0000`. */
const UNIT_BYTES = 6;

/** Whether the value's JSON text surely has no more than `bytes` bytes. Quick: a bound, not a measure. */
export function fitsIn(value: JsonValue, bytes: number): boolean {
  const stack: JsonValue[] = [value];
  let left = bytes;
  while (stack.length > 0 && left >= 0) {
    const item = stack.pop();
    if (typeof item === 'string') left -= UNIT_BYTES * item.length + 3;
    else if (typeof item !== 'object' || item === null) left -= SCALAR_BYTES + 1;
    else {
      left -= 3;
      for (const [key, part] of Object.entries(item)) {
        left -= UNIT_BYTES * key.length + 3;
        if (left < 0) break;
        stack.push(part as JsonValue);
      }
    }
  }
  return left >= 0;
}

/**
 * Whether the value's JSON text surely has more than `bytes` bytes: such a value is refused before anything makes it text, since a
 * text longer than V8's longest string (512 MiB) can't be made at all. A bound, not a measure: texts count one byte a character.
 */
export function exceeds(value: JsonValue, bytes: number): boolean {
  const stack: JsonValue[] = [value];
  let left = bytes;
  while (stack.length > 0 && left >= 0) {
    const item = stack.pop();
    if (typeof item === 'string') left -= item.length + 2;
    else if (typeof item !== 'object' || item === null) left -= 1;
    else if (Array.isArray(item)) {
      left -= item.length + 1;
      if (left >= 0) for (const part of item) stack.push(part);
    } else
      for (const [key, part] of Object.entries(item)) {
        left -= key.length + 4;
        if (left < 0) break;
        stack.push(part as JsonValue);
      }
  }
  return left < 0;
}

/** Length of the value's JSON text, bytes; Infinity when it is too long to be a text. */
export function jsonBytes(value: JsonValue): number {
  try {
    return Buffer.byteLength(JSON.stringify(value));
  } catch {
    return Number.POSITIVE_INFINITY;
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
