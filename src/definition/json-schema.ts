import { zod } from '../lazy-import.js';
import { assertJson, type JsonObject, type JsonValue } from './json.js';
import { isQuick } from './quick-schema.js';
import { assertBounded } from './schema-growth.js';
import type { StandardSchema } from './standard-schema.js';

/**
 * The schema a JSON Schema kept in a definition stands for.
 *
 * zod reads JSON Schema and throws for what it can't say, but some of it it drops in silence: what stands
 * without its `type`, `required` without `properties`, lengths of arrays without `items`. A schema that
 * checks less than it says is worse than none, so these are completed where that is plain, and refused
 * otherwise. Throws an Error that names the place.
 */
export function schemaFromData(data: JsonValue): StandardSchema {
  const complete = assertJson(completed(data, '$'), 'the schema');
  const { fromJSONSchema } = zod();
  assertBounded(complete);
  const schema: StandardSchema = fromJSONSchema(complete as Parameters<typeof fromJSONSchema>[0]);
  if (!isQuick(complete)) slow.add(schema);
  return schema;
}

const slow = new WeakSet<StandardSchema>();

/** Whether a schema is from data and may take more time than its value is long: patterns, alternatives, references, or its sheer size. */
export function maybeSlow(schema: StandardSchema): boolean {
  return slow.has(schema);
}

const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  object: [
    'properties',
    'required',
    'additionalProperties',
    'patternProperties',
    'propertyNames',
    'minProperties',
    'maxProperties',
  ],
  array: ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems', 'contains'],
};
const CONSTRAINTS = new Set(Object.values(KEYWORDS).flat());

/** Keywords whose value is a schema, a list of them, or an object of them by name. */
const ONE = ['additionalProperties', 'items', 'contains', 'propertyNames', 'not'];
const MANY = ['prefixItems', 'anyOf', 'oneOf', 'allOf'];
const NAMED = ['properties', 'patternProperties', '$defs', 'definitions'];

/** Keywords beside which no type is needed. */
const TYPED = ['type', '$ref', 'enum', 'const'];

type Draft = { [key: string]: JsonValue };

function completed(schema: JsonValue, path: string): JsonValue {
  if (typeof schema === 'boolean') return schema;
  if (!isObject(schema)) throw new Error(`${path} must be an object, true or false`);
  if (!Object.hasOwn(schema, 'enum') && !Object.hasOwn(schema, 'const')) assertTyped(schema, path); // those two say it all
  return withMissingParts(withParts(schema, path));
}

/** Refuses what zod would pass over. */
function assertTyped(schema: JsonObject, path: string): void {
  if (Object.hasOwn(schema, '$ref')) {
    const ignored = Object.keys(schema).find((key) => CONSTRAINTS.has(key));
    if (ignored !== undefined)
      throw new Error(`${path}.${ignored} stands beside $ref, where it is ignored; use allOf`);
  }
  const types = [schema.type ?? []].flat();
  for (const [type, keywords] of Object.entries(KEYWORDS)) {
    const keyword = keywords.find((key) => Object.hasOwn(schema, key));
    const isTyped = types.includes(type) || (type === 'number' && types.includes('integer'));
    if (keyword !== undefined && !isTyped)
      throw new Error(`${path}.${keyword} needs "type": "${type}" beside it`);
  }
}

/** With the schemas inside completed. */
function withParts(schema: JsonObject, path: string): Draft {
  const draft: Draft = { ...schema };
  const each = (key: string, make: (part: JsonValue) => JsonValue): void => {
    if (Object.hasOwn(schema, key)) draft[key] = make(schema[key] as JsonValue);
  };
  for (const key of ONE) each(key, (part) => completed(part, `${path}.${key}`));
  for (const key of MANY)
    each(key, (parts) =>
      Array.isArray(parts)
        ? parts.map((part, i) => completed(inheriting(part, key, schema), `${path}.${key}[${i}]`))
        : parts,
    );
  for (const key of NAMED)
    each(key, (parts) => (isObject(parts) ? completedByName(parts, `${path}.${key}`) : parts));
  return draft;
}

/** What stands in anyOf, oneOf or allOf is about the same value, and so of the type that is given around it. */
function inheriting(part: JsonValue, key: string, { type }: JsonObject): JsonValue {
  const isTyped = !isObject(part) || TYPED.some((keyword) => Object.hasOwn(part, keyword));
  return isTyped || type === undefined || key === 'prefixItems' ? part : { ...part, type };
}

function completedByName(parts: JsonObject, path: string): JsonObject {
  return Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [name, completed(part, `${path}.${name}`)]),
  );
}

/** Required properties are properties; the items of an array with a length are any. */
function withMissingParts(draft: Draft): Draft {
  const { required, properties } = draft;
  if (Array.isArray(required)) {
    const known = isObject(properties) ? properties : {};
    const missing = required.filter((name) => !Object.hasOwn(known, String(name)));
    const added = missing.map(
      (name) => [String(name), draft.additionalProperties ?? true] as const,
    );
    draft.properties = { ...known, ...Object.fromEntries(added) };
  }
  const isArray = [draft.type ?? []].flat().includes('array');
  if (isArray && draft.prefixItems === undefined) draft.items ??= true;
  return draft;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
