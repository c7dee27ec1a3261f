import { schemaParts } from './check-schema.js';
import type { JsonObject, JsonValue } from './json.js';

/** Length of a schema as JSON up to which it is no matter how often all of it is applied, characters. */
const MAX_LENGTH = 4_096;
/** As many as there are types. */
const MAX_TYPES = 7;

/** Keywords that take as long as the value, or the part of it that they are about, is long. */
const QUICK = new Set([
  'type',
  'enum',
  'const',
  'properties',
  'required',
  'additionalProperties',
  'minProperties',
  'maxProperties',
  'items',
  'prefixItems',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  '$schema',
  '$id',
  '$comment',
  'title',
  'description',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'secret',
]);

/** Whether applying a schema surely takes no longer than reading the value does. */
export function isQuick(schema: JsonValue): boolean {
  return JSON.stringify(schema).length <= MAX_LENGTH && hasQuickParts(schema);
}

function hasQuickParts(schema: JsonValue): boolean {
  if (!isObject(schema)) return true;
  if (!Object.keys(schema).every((key) => QUICK.has(key))) return false;
  if (Array.isArray(schema.type) && schema.type.length > MAX_TYPES) return false;
  return [...schemaParts(schema)].every(([part]) => hasQuickParts(part));
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
