import type { JsonObject, JsonValue } from '../json.js';
import { didYouMean, nearest } from '../nearest.js';
import type { Path } from '../position.js';
import { type Problems, partAt } from '../problems.js';
import { checkReferences, looksLikeReference, pathOf, referencedTask } from '../references.js';
import { textReferences } from './text-references.js';

/** Notes what is likely wrong, but may be meant. */
type Warn = (path: Path, why: string) => void;

/** A task as a file has it, as far as it is read yet. */
export interface FileTask {
  readonly place: number;
  readonly needs: readonly string[];
  readonly data: JsonObject;
}

/** What the references of a file's tasks may name. */
export interface Names {
  readonly ids: ReadonlySet<string>;
  /** Schema of the run's input, when the file has one. */
  readonly input: JsonValue | undefined;
  /** Schemas of tasks' outputs. */
  readonly outputs: ReadonlyMap<string, JsonValue>;
}

/** Problems up to which the nearest id is looked for: each look takes all ids. */
const SUGGESTED = 20;
const NONE: ReadonlySet<string> = new Set();
/** What a task's kind is told; references stand nowhere else. */
const TOLD = ['nu', 'shell', 'with', 'probe'];
/** Of those, what is text that is fixed in the definition. */
const FIXED = ['command', 'use', 'call', 'script', 'cwd'];
/** Schemas, whose patterns and descriptions are text of any kind. */
const NOT_SEARCHED = ['output'];

/** Adds what is wrong with the references of a task: those that can't resolve, and texts that look like one. */
export function addReferenceProblems(
  task: FileTask,
  names: Names,
  problems: Problems,
  warn: Warn,
): void {
  const at: Path = ['tasks', task.place];
  for (const key of TOLD) {
    const told = partAt(task.data, [key]);
    if (told === undefined) continue;
    for (const [reference, path] of referencesBelow(told, [...at, key]))
      addReference({ reference, path, task }, names, problems, warn);
  }
  for (const [key, part] of Object.entries(task.data)) {
    if (NOT_SEARCHED.includes(key)) continue;
    for (const { path, certain, reference } of textReferences(part, [...at, key])) {
      const mayRefer = TOLD.includes(key) && !FIXED.includes(String(path.at(-1)));
      const why = literalText(reference, mayRefer);
      if (certain && !isCode(path)) problems.add(path, why);
      else if (!isNuCode(path, task.data)) warn(path, why);
    }
  }
}

function literalText(reference: string, mayRefer: boolean): string {
  if (!mayRefer) return 'is text that is fixed in the definition; it can hold no reference';
  return `is a literal text: references are not replaced within text. Give the reference as the whole value, ${reference}, or, if the text is meant, { $literal: … }`;
}

function isCode(path: Path): boolean {
  return path.at(-1) === 'code';
}

/** `$input` is a variable of Nushell's own there. */
function isNuCode(path: Path, data: JsonObject): boolean {
  return isCode(path) && (path[2] === 'nu' || Object.hasOwn(data, 'nu'));
}

/** Every object below a value that is a reference, and where. */
function* referencesBelow(value: JsonValue, path: Path): Generator<[JsonObject, Path]> {
  if (typeof value !== 'object' || value === null) return;
  if (looksLikeReference(value)) yield [value as JsonObject, path];
  else if (Array.isArray(value))
    for (const [i, part] of value.entries()) yield* referencesBelow(part, [...path, i]);
  else
    for (const [key, part] of Object.entries(value))
      yield* referencesBelow(part as JsonValue, [...path, key]);
}

interface Place {
  readonly reference: JsonObject;
  readonly path: Path;
  readonly task: FileTask;
}

function addReference(
  { reference, path, task }: Place,
  names: Names,
  problems: Problems,
  warn: Warn,
): void {
  const needs = new Set(task.needs);
  const { $output, $input } = reference;
  if (Object.hasOwn(reference, '$output') && isTarget($output)) {
    const id = referencedTask($output, needs);
    if (id === undefined) {
      const near = problems.list.length < SUGGESTED;
      problems.add([...path, '$output'], unknownOutput($output, names.ids, near));
      return;
    }
    const schema = names.outputs.get(id.task);
    const why = unknownPart(
      { schema, steps: id.steps, what: `the output of ${JSON.stringify(id.task)}` },
      reference,
    );
    if (why !== undefined) warn([...path, '$output'], why);
  }
  const before = problems.list.length;
  problems.of(path, () => checkReferences(reference, { needs, functions: NONE }, ''));
  if (problems.list.length > before || !Object.hasOwn(reference, '$input')) return;
  const steps = pathOf($input as JsonValue);
  const why = unknownPart({ schema: names.input, steps, what: 'the input' }, reference);
  if (why !== undefined) problems.add([...path, '$input'], why);
}

function isTarget(target: JsonValue | undefined): target is JsonValue {
  return (
    typeof target === 'string' ||
    (Array.isArray(target) && target.every((it) => typeof it === 'string'))
  );
}

function unknownOutput(target: JsonValue, ids: ReadonlySet<string>, suggest: boolean): string {
  const known = referencedTask(target, ids);
  if (known !== undefined)
    return `refers to the output of ${JSON.stringify(known.task)}, which this task does not need; add it to needs`;
  const name = pathOf(target)[0] ?? '';
  const near = suggest ? nearest(name, ids) : undefined;
  const meant = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
  return `refers to the output of ${JSON.stringify(name)}, which is not a task of this workflow${meant}`;
}

interface Referred {
  readonly schema: JsonValue | undefined;
  readonly steps: readonly string[];
  readonly what: string;
}

/** Says of a part that the schema does not describe: the reference would fail when the task starts. */
function unknownPart({ schema, steps, what }: Referred, reference: JsonObject): string | undefined {
  if (schema === undefined || Object.hasOwn(reference, '$default')) return undefined;
  let at: JsonValue | undefined = schema;
  for (const step of steps) {
    const known = knownKeys(at);
    if (known !== undefined && !known.includes(step)) {
      const near = didYouMean(step, known);
      const next = near === '' ? '; add it to the schema, or give a $default' : near;
      return `${what} has no ${JSON.stringify(step)} by its schema${next}`;
    }
    at = partAt(at, known === undefined ? ['items'] : ['properties', step]);
  }
  return undefined;
}

/** The keys a schema allows, when it lists them and does not say that others may be there. */
function knownKeys(schema: JsonValue | undefined): string[] | undefined {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return undefined;
  const { type, properties, additionalProperties = false } = schema as JsonObject;
  const open = ['$ref', 'anyOf', 'oneOf', 'allOf', 'patternProperties', 'if', 'enum', 'const'];
  if (type !== 'object' || additionalProperties !== false) return undefined;
  if (open.some((key) => Object.hasOwn(schema, key))) return undefined;
  if (typeof properties !== 'object' || properties === null) return undefined;
  return Object.keys(properties);
}
