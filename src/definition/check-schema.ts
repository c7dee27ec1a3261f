import type { JsonObject, JsonValue } from './json.js';
import { didYouMean, nearest } from './nearest.js';
import type { Path } from './position.js';
import type { Problems } from './problems.js';

const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];
/** Names of types in other languages. */
const MEANT: Readonly<Record<string, string>> = {
  int: 'integer',
  float: 'number',
  double: 'number',
  str: 'string',
  text: 'string',
  bool: 'boolean',
  list: 'array',
  record: 'object',
  map: 'object',
  dict: 'object',
};

/** Keywords whose value is a schema, a list of schemas, schemas by name, or anything else. */
const ONE = [
  'additionalProperties',
  'items',
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
  'unevaluatedItems',
  'unevaluatedProperties',
];
const MANY = ['prefixItems', 'anyOf', 'oneOf', 'allOf'];
const NAMED = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
const OTHERS = [
  'type',
  'enum',
  'const',
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'required',
  'minProperties',
  'maxProperties',
  'dependentRequired',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minContains',
  'maxContains',
  '$schema',
  '$id',
  '$ref',
  '$anchor',
  '$dynamicRef',
  '$dynamicAnchor',
  '$vocabulary',
  '$comment',
  'id',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
  'nullable',
  'secret',
];
const KEYWORDS = [...ONE, ...MANY, ...NAMED, ...OTHERS];
const KNOWN = new Set(KEYWORDS);

/**
 * Adds what a JSON Schema would say in vain: keywords that JSON Schema does not have (but for those that begin with
 * `x-`) and unknown types. `{ n: int }` would otherwise allow any value.
 */
export function addSchemaProblems(schema: JsonValue, path: Path, problems: Problems): void {
  if (typeof schema === 'boolean') return;
  if (!isObject(schema)) {
    problems.add(path, `is not a JSON Schema: ${notSchema(schema)}`);
    return;
  }
  for (const key of Object.keys(schema)) {
    if (KNOWN.has(key) || key.startsWith('x-')) continue;
    problems.add([...path, key], unknownKeyword(key, schema), { part: 'key' });
  }
  addTypeProblems(schema, path, problems);
  for (const [part, below] of schemaParts(schema))
    addSchemaProblems(part, [...path, ...below], problems);
}

function unknownKeyword(key: string, schema: JsonObject): string {
  const near = didYouMean(key, KEYWORDS);
  const type = typeOf(schema[key]);
  const form = `{ type: object, properties: { ${key}: { type: ${type} } } }`;
  const next =
    type === undefined
      ? near || `; remove it, or call it "x-${key}"`
      : `; to describe an object with this key, write ${form}`;
  return `JSON Schema has no keyword ${JSON.stringify(key)}, so it would allow any value${next}`;
}

/** The type somebody means who writes `n: int` or `n: { type: int }`. */
function typeOf(value: JsonValue | undefined): string | undefined {
  const name = isObject(value) ? value.type : value;
  if (typeof name !== 'string') return undefined;
  return TYPES.includes(name) ? name : (MEANT[name.toLowerCase()] ?? undefined);
}

function notSchema(value: JsonValue): string {
  const type = typeOf(value);
  return type === undefined ? 'expected an object, true or false' : `write { type: ${type} }`;
}

function addTypeProblems({ type }: JsonObject, path: Path, problems: Problems): void {
  if (type === undefined) return;
  const isList = Array.isArray(type);
  const types: readonly JsonValue[] = isList ? type : [type];
  types.forEach((name, i) => {
    if (typeof name === 'string' && TYPES.includes(name)) return;
    const meant = typeOf(name) ?? (typeof name === 'string' ? nearest(name, TYPES) : undefined);
    const next = meant === undefined ? '' : `; did you mean ${JSON.stringify(meant)}?`;
    const what = typeof name === 'string' ? JSON.stringify(name) : 'this';
    problems.add(
      [...path, 'type', ...(isList ? [i] : [])],
      `${what} is not a type of JSON Schema (${TYPES.join(', ')})${next}`,
    );
  });
}

/** The schemas inside a schema, and where. */
export function* schemaParts(schema: JsonObject): Generator<[JsonValue, Path]> {
  for (const key of ONE) if (Object.hasOwn(schema, key)) yield [schema[key] as JsonValue, [key]];
  for (const key of MANY) {
    const parts = schema[key];
    if (Array.isArray(parts)) for (const [i, part] of parts.entries()) yield [part, [key, i]];
  }
  for (const key of NAMED) {
    const parts = schema[key];
    if (isObject(parts))
      for (const [name, part] of Object.entries(parts)) yield [part, [key, name]];
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
