import { InvalidDefinitionError } from '../errors.js';
import { zod } from '../lazy-import.js';
import type { JsonObject, JsonValue } from './json.js';
import type { SecretPath } from './secret-inputs.js';
import type { StandardSchema } from './standard-schema.js';

/** Places that a zod schema marks with `.meta({ secret: true })`; none for schemas of other kinds. Throws InvalidDefinitionError. */
export function secretPathsOfSchema(schema: StandardSchema | undefined): SecretPath[] {
  if (schema === undefined) return [];
  const z = zod();
  if (!(schema instanceof z.ZodType)) return [];
  try {
    const data = z.toJSONSchema(schema, { unrepresentable: 'any', cycles: 'ref' });
    return secretPathsOfJsonSchema(data as JsonValue);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidDefinitionError('input', `can't be searched for secret parts: ${why}`);
  }
}

const MARK = '"secret":true';
/** How many places are looked at: schemas inside one another can have more than anybody could count. */
const MAX_PLACES = 100_000;

/** Places that a JSON Schema marks with `"secret": true`. Throws InvalidDefinitionError when it has too many to be searched. */
export function secretPathsOfJsonSchema(schema: JsonValue): SecretPath[] {
  const found = new Map<string, SecretPath>();
  if (!JSON.stringify(schema).includes(MARK)) return [];
  let places = 0;
  walk(schema, [], new Set());
  return [...found.values()];

  function walk(node: JsonValue | undefined, path: SecretPath, around: ReadonlySet<object>): void {
    // A schema within itself could go on for ever; its places end where it comes back.
    if (!isObject(node) || around.has(node)) return;
    places += 1;
    if (places > MAX_PLACES)
      throw new InvalidDefinitionError(
        'input',
        `can't be searched for secret parts: its references lead to more than ${MAX_PLACES} places; name the parts in secretInputs, and remove "secret" from the schema`,
      );
    if (node.secret === true) found.set(JSON.stringify(path), path);
    const within = new Set([...around, node]);
    for (const [step, part] of partsOf(node)) walk(part, [...path, ...step], within);
    if (typeof node.$ref === 'string') walk(referred(schema, node.$ref), path, within);
  }
}

/** The schemas inside a schema, and the steps from a value to what they describe. */
function partsOf(node: JsonObject): [SecretPath, JsonValue | undefined][] {
  const { properties, items, prefixItems, additionalProperties } = node;
  const same = [node.allOf, node.anyOf, node.oneOf].flatMap((list) => listOf(list));
  return [
    ...Object.entries(isObject(properties) ? properties : {}).map(
      ([key, part]): [SecretPath, JsonValue] => [[key], part],
    ),
    ...listOf(prefixItems).map((part, i): [SecretPath, JsonValue] => [[String(i)], part]),
    [['*'], items],
    [['*'], additionalProperties],
    ...same.map((part): [SecretPath, JsonValue] => [[], part]),
  ];
}

/** What a reference such as `#/$defs/server` means. */
function referred(schema: JsonValue, reference: string): JsonValue | undefined {
  let at: JsonValue | undefined = schema;
  for (const step of reference.split('/').slice(1))
    at = isObject(at) ? at[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  return at;
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
