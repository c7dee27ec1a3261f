import type { z } from 'zod';
import type { JsonValue } from '../definition/json.js';
import { looksLikeReference } from '../definition/references.js';
import { unknownKey } from '../definition/shape-problems.js';

/** What is wrong with the settings of a task, in words. */

/** Names that other systems have for a setting. */
const MEANT: Readonly<Record<string, string>> = {
  cmd: 'command',
  exec: 'command',
  program: 'command',
  run: 'command',
  arguments: 'args',
  argv: 'args',
  dir: 'cwd',
  workdir: 'cwd',
  environment: 'env',
  module: 'use',
};

/** Of a key that these settings do not have, with the one that was most likely meant. */
export function unknownSetting(key: string, known: readonly string[]): string {
  const head = `unknown key ${JSON.stringify(key)}`;
  if (key === 'runner' || key === 'with')
    return `${head}; write the settings themselves here: ${known.slice(0, 3).join(', ')}, …`;
  const meant = MEANT[key];
  return meant !== undefined && known.includes(meant)
    ? `${head}; did you mean ${JSON.stringify(meant)}?`
    : unknownKey(key, known);
}

/** The problem within "a reference, or a value": that of the value. */
export function innermost(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined {
  if (issue?.code !== 'invalid_union' || issue.errors.length !== 2) return issue;
  const inner = innermost(issue.errors[1]?.[0]);
  return inner === undefined ? issue : { ...inner, path: [...issue.path, ...inner.path] };
}

/** A problem, with what was found in `settings`, and how to write what is wanted. */
export function definitionText(issue: z.core.$ZodIssue | undefined, settings: JsonValue): string {
  if (issue?.code !== 'invalid_type') return issueText(issue);
  const wanted = KINDS[issue.expected] ?? issue.expected;
  const found = valueAt(settings, issue.path);
  if (found === undefined) return `is missing; expected ${wanted}`;
  if (
    issue.expected === 'string' &&
    typeof found === 'object' &&
    found !== null &&
    looksLikeReference(found)
  )
    return 'must be text that is fixed in the definition, not a reference';
  const isScalar = typeof found === 'number' || typeof found === 'boolean';
  const quoted = issue.expected === 'string' && isScalar;
  const listed = issue.expected === 'array' && typeof found === 'string';
  const next = quoted
    ? `; put it in quotes: "${found}"`
    : listed
      ? `; write a list: [${JSON.stringify(found)}]`
      : '';
  return `expected ${wanted}, found ${kindOf(found)}${next}`;
}

export function issueText(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  return issue?.message ?? 'is not valid';
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  record: 'an object',
  object: 'an object',
  boolean: 'true or false',
};

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'text' : `the ${typeof value} ${value}`;
}

function valueAt(value: JsonValue, path: readonly PropertyKey[]): JsonValue | undefined {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return at as JsonValue | undefined;
}
