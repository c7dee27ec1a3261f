import { schemaParts } from './check-schema.js';
import type { JsonObject, JsonValue } from './json.js';

/** How many schemas references may add to those that are written. */
const MAX_ADDED = 10_000;

/**
 * Refuses references by which a short schema stands for a huge one, or for one that never ends. Each of
 * `{ "anyOf": [{ "$ref": "#/$defs/b" }, { "$ref": "#/$defs/b" }] }` doubles what is below it: thirty of them take all memory.
 * A schema inside itself counts once, since how often it is applied depends on the value. Throws an Error.
 */
export function assertBounded(schema: JsonValue): void {
  if (!isObject(schema)) return;
  const sizes = new Map<JsonObject, number>();
  const added = sizeOf(schema, schema, sizes) - sizes.size;
  if (added > MAX_ADDED)
    throw new Error(
      `its references stand for more than ${MAX_ADDED} further schemas; refer to fewer schemas, or to each of them less often`,
    );
  assertEnds(schema, sizes.keys());
}

/** Number of schemas that a schema is with its references replaced by what they mean. */
function sizeOf(node: JsonObject, root: JsonObject, sizes: Map<JsonObject, number>): number {
  const known = sizes.get(node);
  if (known !== undefined) return known;
  sizes.set(node, 1); // what it counts as inside itself
  let size = 1;
  for (const { part } of partsOf(node, root)) size += sizeOf(part, root, sizes);
  sizes.set(node, size);
  return size;
}

/** Refuses schemas that apply themselves to the same value again. */
function assertEnds(root: JsonObject, nodes: Iterable<JsonObject>): void {
  const open = new Set<JsonObject>();
  const done = new Set<JsonObject>();
  for (const node of nodes) visit(node);

  function visit(node: JsonObject): void {
    if (done.has(node)) return;
    if (open.has(node))
      throw new Error('a schema refers to itself for the same value, so it would never end');
    open.add(node);
    for (const { part, isSameValue } of partsOf(node, root)) if (isSameValue) visit(part);
    open.delete(node);
    done.add(node);
  }
}

interface Part {
  readonly part: JsonObject;
  /** It is about the value that the schema around it is about, not about a part of that. */
  readonly isSameValue: boolean;
}

const SAME_VALUE: readonly unknown[] = ['anyOf', 'oneOf', 'allOf', 'not'];
const ONLY_REFERRED: readonly unknown[] = ['$defs', 'definitions'];

function* partsOf(node: JsonObject, root: JsonObject): Generator<Part> {
  for (const [part, [key]] of schemaParts(node))
    if (isObject(part) && !ONLY_REFERRED.includes(key))
      yield { part, isSameValue: SAME_VALUE.includes(key) };
  if (node.$ref === undefined) return;
  const part = referred(node.$ref, root);
  if (isObject(part)) yield { part, isSameValue: true };
}

const REFERENCE = /^#(?:\/(\$defs|definitions)\/([^/]+))?$/;

/** zod reads the first two steps of a reference only, so longer ones would mean something else than they say. */
function referred(reference: JsonValue, root: JsonObject): JsonValue {
  const [found, place, name] = REFERENCE.exec(String(reference)) ?? [];
  if (found === undefined)
    throw new Error(`the reference ${JSON.stringify(reference)} must be "#" or "#/$defs/NAME"`);
  if (place === undefined || name === undefined) return root;
  const schemas = root[place];
  const key = name.replaceAll('~1', '/').replaceAll('~0', '~');
  const target = isObject(schemas) && Object.hasOwn(schemas, key) ? schemas[key] : undefined;
  if (target === undefined)
    throw new Error(`the reference ${JSON.stringify(reference)} names no schema`);
  return target;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
