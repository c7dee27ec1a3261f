import type { z } from 'zod';
import { NuflowError } from '../errors.js';
import { type Duration, durationMs, shortText } from './duration.js';
import type { JsonValue } from './json.js';
import { nearest } from './nearest.js';
import type { Path } from './position.js';
import { type Problems, partAt } from './problems.js';

/** Keys of other systems, and what stands for them here. */
const MEANT: Readonly<Record<string, string>> = {
  dependsOn: 'needs',
  depends_on: 'needs',
  requires: 'needs',
  after: 'needs',
  retries: 'retry',
  run: 'shell',
  cmd: 'shell',
  exec: 'shell',
  nushell: 'nu',
  steps: 'tasks',
  jobs: 'tasks',
  inputs: 'input',
  secret: 'secrets',
  attempts: 'maximumAttempts',
  maxAttempts: 'maximumAttempts',
  path: 'binary',
  limit: 'concurrency',
};
/** What a program or a Nushell task is told stands below its kind. */
const SETTINGS = [
  'command',
  'args',
  'stdin',
  'env',
  'cwd',
  'use',
  'call',
  'flags',
  'code',
  'script',
  'input',
  'includePaths',
  'stdlib',
];
const DURATIONS = ['timeout', 'initialInterval', 'maximumInterval'];

/** Adds what zod found wrong with the part at `base`. `keys` are those an object at a path below it may have. */
export function addShapeProblems(
  problems: Problems,
  base: Path,
  error: z.ZodError,
  keys: (path: Path) => readonly string[],
): void {
  for (const issue of error.issues) {
    const path = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys)
        problems.add([...path, key], unknownKey(key, keys(issue.path), path), { part: 'key' });
    } else problems.add(path, issueText(issue, path, problems.data));
  }
}

/** The known key that somebody who wrote `key` most likely meant. */
export function meantKey(key: string, known: readonly string[]): string | undefined {
  const meant = Object.hasOwn(MEANT, key) ? MEANT[key] : undefined;
  return meant !== undefined && known.includes(meant) ? meant : nearest(key, known);
}

/** `unknown key "need"; did you mean "needs"?` */
export function unknownKey(key: string, known: readonly string[], path: Path = []): string {
  const near = meantKey(key, known);
  const head = `unknown key ${JSON.stringify(key)}`;
  if (path.length === 2 && path[0] === 'tasks' && SETTINGS.includes(key))
    return `${head}; it goes below the kind of the task: shell, nu or with`;
  if (near !== undefined) return `${head}; did you mean ${JSON.stringify(near)}?`;
  return `${head}; known are ${known.join(', ')}`;
}

function issueText(issue: z.core.$ZodIssue, path: Path, data: JsonValue): string {
  const value = partAt(data, path);
  if (DURATIONS.includes(String(path.at(-1))) && value !== undefined) return durationText(value);
  if (value === null && path.length === 0)
    return 'is empty; a workflow is an object with name and tasks';
  if (value === undefined && issue.code === 'invalid_type')
    return `is missing; expected ${issue.expected}`;
  if (issue.code === 'invalid_type') {
    const quotes = issue.expected === 'string' && ['number', 'boolean'].includes(typeof value);
    const inList = issue.expected === 'array' && typeof value === 'string';
    const next = quotes ? '; put it in quotes' : inList ? '; write a list, with brackets' : '';
    return `expected ${issue.expected}, found ${kindOf(value)}${next}`;
  }
  if (issue.code === 'invalid_value') {
    const known = issue.values.map(String);
    const near = typeof value === 'string' ? nearest(value, known) : undefined;
    const meant = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
    return `${typeof value === 'string' ? shortText(value) : `a value of type ${kindOf(value)}`} is not one of ${known.join(', ')}${meant}`;
  }
  if (issue.code === 'invalid_union') return 'expected a text, or a list of texts';
  const isKind = path.length === 3 && (path[2] === 'shell' || path[2] === 'nu');
  return isKind
    ? `${issue.message}, such as ${EXAMPLES[path[2] as 'nu' | 'shell']}`
    : issue.message;
}

const EXAMPLES = {
  shell: '{ command: ls, args: [-l] }',
  nu: '{ use: module.nu, call: command, args: [] } or { code: "…" }',
};

function durationText(value: JsonValue): string {
  try {
    durationMs(value as Duration, '');
    return 'is no duration';
  } catch (error) {
    return error instanceof NuflowError ? String(error.details.why) : String(error);
  }
}

function kindOf(value: JsonValue | undefined): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}
