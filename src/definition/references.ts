import { InvalidDefinitionError, NuflowError, quote } from '../errors.js';
import type { JsonValue } from './json.js';
import { didYouMean } from './nearest.js';
import { type SecretReference, secretName } from './secret-name.js';

/**
 * References: the parts of a task's `with` that become values when the task starts.
 *
 *   { "$input": "servers.0.name" }          a part of the run's input; "" or [] is all of it
 *   { "$output": "network.id" }             a part of the output of a task this one needs
 *   { "$output": ["a.b", "x"] }             the same as an exact path, for ids and keys with dots
 *   { "$input": "size", "$default": 1 }     what to use when there is no such part
 *   { "$secret": "UPCLOUD_TOKEN" }          a secret, by the name the orchestrator knows it under
 *   { "$literal": { "$input": "x" } }       the value as it is, not a reference
 *   { "$function": "args" }                 what the function beside the data returns
 *
 * They are data and resolve to data; nothing is ever spliced into text.
 */
export interface References {
  readonly input: JsonValue;
  /** Output of a needed task; undefined when it has none (skipped, failed). */
  output(task: string): JsonValue | undefined;
  /** Whether the task is one of those needed. */
  needs(task: string): boolean;
  /** Calls the function kept beside the data for this field. */
  call(field: string): JsonValue;
  /** Value of a secret. Throws when it is not one the task is given. */
  secret(name: string): string;
}

/** A reference as definitions write it; see {@link References}. */
export type Reference =
  | { readonly $input: string | readonly string[]; readonly $default?: JsonValue }
  | { readonly $output: string | readonly string[]; readonly $default?: JsonValue }
  | SecretReference;

/** A reference named a part that is not there. It fails the task, not the run's process. */
export class MissingReferenceError extends NuflowError {
  constructor(reference: JsonValue) {
    super(
      'NUFLOW_MISSING_REFERENCE',
      `${JSON.stringify(reference)} names a part that is not there; correct the path, or give a "$default".`,
      { reference },
    );
  }
}

type ReferenceKind = '$input' | '$output' | '$secret' | '$literal' | '$function';
const KINDS: readonly ReferenceKind[] = ['$input', '$output', '$secret', '$literal', '$function'];

function kindOf(value: object): ReferenceKind | undefined {
  return KINDS.find((kind) => Object.hasOwn(value, kind));
}

/** `template` with every reference replaced by its value. Throws {@link MissingReferenceError}. */
export function resolve(template: JsonValue, references: References): JsonValue {
  if (typeof template !== 'object' || template === null) return template;
  if (Array.isArray(template)) return template.map((part: JsonValue) => resolve(part, references));
  const kind = kindOf(template);
  if (kind !== undefined)
    return dereference(kind, template as { [key: string]: JsonValue }, references);
  return Object.fromEntries(
    Object.entries(template).map(([key, part]) => [key, resolve(part as JsonValue, references)]),
  );
}

function dereference(
  kind: ReferenceKind,
  reference: { readonly [key: string]: JsonValue },
  references: References,
): JsonValue {
  const target = reference[kind] as JsonValue;
  switch (kind) {
    case '$literal':
      return target;
    case '$function':
      return references.call(String(target));
    case '$secret':
      return references.secret(String(target));
    case '$input':
      return found(part(references.input, pathOf(target)), reference);
    case '$output': {
      const [task, rest] = splitOutput(target, (id) => references.needs(id));
      return found(task === undefined ? undefined : part(references.output(task), rest), reference);
    }
  }
}

function found(
  value: JsonValue | undefined,
  reference: { readonly [key: string]: JsonValue },
): JsonValue {
  if (value !== undefined) return value;
  if (Object.hasOwn(reference, '$default')) return reference.$default as JsonValue;
  throw new MissingReferenceError(reference);
}

/** The steps of a reference's path. */
export function pathOf(target: JsonValue): readonly string[] {
  if (Array.isArray(target)) return target.map(String);
  return target === '' ? [] : String(target).split('.');
}

/** The task whose output a path is of, when it is one of these, and the steps within its output. */
export function referencedTask(
  target: JsonValue,
  ids: ReadonlySet<string>,
): { readonly task: string; readonly steps: readonly string[] } | undefined {
  const [task, steps] = splitOutput(target, (id) => ids.has(id));
  return task !== undefined && ids.has(task) ? { task, steps } : undefined;
}

/** Of a dotted text, the longest beginning that is a needed task's id names the task. */
function splitOutput(
  target: JsonValue,
  needs: (id: string) => boolean,
): [string | undefined, readonly string[]] {
  const steps = pathOf(target);
  if (Array.isArray(target)) return [steps[0], steps.slice(1)];
  for (let n = steps.length; n > 0; n--) {
    const id = steps.slice(0, n).join('.');
    if (needs(id)) return [id, steps.slice(n)];
  }
  return [undefined, steps];
}

function part(value: JsonValue | undefined, steps: readonly string[]): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const step of steps) {
    // The length of an array is its own property, but no part of JSON.
    const parts =
      typeof at === 'object' && at !== null && Object.prototype.propertyIsEnumerable.call(at, step);
    if (!parts) return undefined;
    at = (at as { readonly [key: string]: JsonValue })[step];
  }
  return at;
}

/** Of the tasks needed, those whose outputs the template refers to. */
export function referencedTasks(template: JsonValue, needs: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  const stack = [template];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    if (typeof item !== 'object' || item === null) continue;
    const kind = Array.isArray(item) ? undefined : kindOf(item);
    if (kind === undefined) for (const part of Object.values(item)) stack.push(part as JsonValue);
    if (kind !== '$output') continue;
    const target = (item as { readonly $output: JsonValue }).$output;
    const [task] = splitOutput(target, (id) => needs.has(id));
    if (task !== undefined) found.add(task);
  }
  return found;
}

/** Every reference in a `with`, and what it refers to. */
export function referencesIn(
  template: JsonValue,
): { readonly kind: ReferenceKind; readonly target: JsonValue }[] {
  if (typeof template !== 'object' || template === null) return [];
  const kind = Array.isArray(template) ? undefined : kindOf(template);
  if (kind === undefined)
    return Object.values(template).flatMap((part: JsonValue) => referencesIn(part));
  return [{ kind, target: (template as { readonly [key: string]: JsonValue })[kind] as JsonValue }];
}

/** What references of a task may name. */
export interface Referable {
  readonly needs: ReadonlySet<string>;
  /** Fields that have a function beside the data. */
  readonly functions: Pick<ReadonlySet<string>, 'has'>;
}

/** Refuses references that can never resolve: to tasks that are not needed, to functions that are not there, or of an impossible form. */
export function checkReferences(template: JsonValue, known: Referable, where: string): void {
  if (typeof template !== 'object' || template === null) return;
  const kind = Array.isArray(template) ? undefined : kindOf(template);
  if (kind !== undefined) {
    checkNeighbours(template, kind, where);
    const target = (template as { readonly [key: string]: JsonValue })[kind] as JsonValue;
    checkTarget(kind, target, known, where);
  } else {
    checkKeys(template, where);
    for (const [key, child] of Object.entries(template))
      checkReferences(child, known, `${where}.${key}`);
  }
}

const RESERVED = /^\$[A-Za-z]/;

/** Whether an object is a reference, or is written as if it were one. */
export function looksLikeReference(value: object): boolean {
  return !Array.isArray(value) && Object.keys(value).some((key) => RESERVED.test(key));
}

/** A mistyped `$output` would otherwise be handed to the task as data. */
function checkKeys(value: object, where: string): void {
  const key = Object.keys(value).find((it) => RESERVED.test(it));
  if (key === undefined) return;
  throw new InvalidDefinitionError(
    where,
    `has the key ${quote(key)}, which is no kind of reference${didYouMean(key, KINDS)}; if the whole is data, wrap it in { "$literal": … }`,
  );
}

function checkTarget(
  kind: ReferenceKind,
  target: JsonValue,
  known: Referable,
  where: string,
): void {
  switch (kind) {
    case '$literal':
      break;
    case '$secret':
      secretName(target, where);
      break;
    case '$function':
      checkFunction(target, known, where);
      break;
    case '$input':
      checkPath(kind, target, where);
      break;
    case '$output':
      checkPath(kind, target, where);
      checkNeeded(target, known, where);
  }
}

function checkPath(kind: ReferenceKind, target: JsonValue, where: string): void {
  if (typeof target === 'string') return;
  if (Array.isArray(target) && target.every((step) => typeof step === 'string')) return;
  throw new InvalidDefinitionError(
    where,
    `${kind} takes a path such as "a.b" or ["a", "b"], not ${JSON.stringify(target)}`,
  );
}

function checkNeeded(target: JsonValue, { needs }: Referable, where: string): void {
  const [task] = splitOutput(target, (id) => needs.has(id));
  if (task !== undefined && needs.has(task)) return;
  throw new InvalidDefinitionError(
    where,
    `refers to the output of ${quote(pathOf(target)[0] ?? '')}, which this task does not need; add it to needs`,
  );
}

/** A mistyped "$default" would otherwise be dropped without a word. */
function checkNeighbours(reference: object, kind: ReferenceKind, where: string): void {
  const hasDefault = kind === '$input' || kind === '$output';
  const stranger = Object.keys(reference).find(
    (key) => key !== kind && !(hasDefault && key === '$default'),
  );
  if (stranger === undefined) return;
  throw new InvalidDefinitionError(
    where,
    `has ${quote(stranger)} beside ${kind}; remove it, or wrap the whole in { "$literal": … } if it is no reference`,
  );
}

function checkFunction(field: JsonValue, { functions }: Referable, where: string): void {
  if (typeof field === 'string' && functions.has(field)) return;
  throw new InvalidDefinitionError(
    where,
    `has a $function, but no function came with it; in plain data give a value, $input or $output`,
  );
}
