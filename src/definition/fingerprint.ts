import { createHash } from 'node:crypto';
import { zod } from '../lazy-import.js';
import type { JsonValue } from './json.js';
import { schemaFromData } from './json-schema.js';
import type { StandardSchema } from './standard-schema.js';

/** What a task has beside its data. */
export interface FunctionParts {
  /** Stands for the text of functions and schemas. */
  readonly version: string | undefined;
  readonly functions: readonly (readonly [field: string, run: unknown])[];
  /** Whether there is a schema that data can't say. */
  readonly opaqueSchema: boolean;
  /** Under other names the same functions see other outputs. */
  readonly aliases: readonly (readonly [name: string, task: string])[] | undefined;
}

/** 16 hex digits that stand for a task's functions, or undefined when it has none. */
export function functionsHash(parts: FunctionParts): string | undefined {
  const { version, functions, opaqueSchema, aliases = [] } = parts;
  if (functions.length === 0 && !opaqueSchema) return undefined;
  const names = aliases.every(([name, task]) => name === task) ? '' : JSON.stringify(aliases);
  if (version !== undefined && names === '') return `version ${version}`;
  const text =
    version === undefined
      ? functions.map(([field, run]) => `${field}=${String(run)}`).join('\n')
      : `version ${version}`;
  return shortHash(`${text}\n${names}`);
}

const hashes = new Map<string, string>();
const REMEMBERED = 1_000;

/** Tasks made in a loop share their text, so the last texts' hashes are kept. */
function shortHash(text: string): string {
  const known = hashes.get(text);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  if (hashes.size >= REMEMBERED) hashes.clear();
  hashes.set(text, hash);
  return hash;
}

const schemas = new WeakMap<StandardSchema, { data: JsonValue | undefined }>();

/**
 * A schema as JSON Schema, when it is a zod schema that JSON Schema can say without loss (no
 * transforms, refinements or defaults); undefined otherwise. Schemas used by many tasks are converted once.
 */
export function schemaAsData(schema: StandardSchema): JsonValue | undefined {
  const known = schemas.get(schema) ?? { data: convert(schema) };
  schemas.set(schema, known);
  return known.data;
}

function convert(schema: StandardSchema): JsonValue | undefined {
  const z = zod();
  if (!(schema instanceof z.ZodType)) return undefined;
  try {
    let lossy = false;
    const data = z.toJSONSchema(schema, {
      io: 'input', // says nothing of unknown keys, which zod objects drop and this form keeps
      override: ({ zodSchema }) => {
        const { def } = zodSchema._zod;
        if (!LOSSLESS.has(def.type) || 'coerce' in def || hasCustomCheck(def.checks)) lossy = true;
      },
    });
    if (lossy) return undefined;
    const plain = JSON.parse(JSON.stringify(data)) as JsonValue;
    schemaFromData(plain); // what can't be read again is no form to keep it in
    return plain;
  } catch {
    return undefined; // zod says so by throwing: not representable
  }
}

const LOSSLESS: ReadonlySet<string> = new Set([
  'string',
  'number',
  'boolean',
  'null',
  'any',
  'unknown',
  'object',
  'array',
  'record',
  'union',
  'enum',
  'literal',
  'optional',
  'nullable',
  'tuple',
  'int',
]);

function hasCustomCheck(
  checks: readonly { _zod: { def: { check: string } } }[] | undefined,
): boolean {
  return (checks ?? []).some(
    (check) => check._zod.def.check === 'custom' || check._zod.def.check === 'overwrite',
  );
}
