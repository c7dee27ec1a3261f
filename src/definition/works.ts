import type { Needs, NushellFields, ShellFields } from './builder-types.js';
import { assertJson, type JsonValue } from './json.js';
import type { Settings, TriggerRule } from './spec.js';
import type { TaskContext, WorkCode } from './workflow.js';

/** What a runner is told as its author wrote it, data and functions side by side, taken apart. */

type Fields = Readonly<Record<string, unknown>>;

/** Nothing to tell. */
export const NOTHING = Object.freeze({});

/** What a runner is told: fields, and for functions of this process the function. */
interface Work {
  readonly fields: Fields;
  readonly run?: WorkCode['run'];
}

/** A task's work, and how to find out whether it was done. */
export interface Works {
  readonly task: Work;
  readonly probe?: Work | undefined;
}

/** The options of a function task that are functions. */
export type FunctionWork = Readonly<Record<'run' | 'probe', WorkCode['run']>>;

/** The works of a task and a probe that are told in the same fields. */
export function fieldsWork<T extends object, P extends T>(
  options: T & { readonly probe?: P | undefined },
  fieldsOf: (fields: T) => Fields,
): Works {
  const { probe } = options;
  const asked = probe === undefined ? undefined : { fields: fieldsOf(probe) };
  return { task: { fields: fieldsOf(options) }, probe: asked };
}

/** Data as it is, functions replaced by `{ $function: field }` and kept aside. Throws NotJsonError. */
export function splitWork(
  { fields, run }: Work,
  path: string,
): { readonly data: Settings; readonly code: WorkCode } {
  if (fields === NOTHING) return { data: NOTHING, code: { run } };
  const data: [string, JsonValue][] = [];
  const functions = new Map<string, (context: TaskContext) => unknown>();
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (typeof value === 'function')
      functions.set(field, value as (context: TaskContext) => unknown);
    data.push([
      field,
      typeof value === 'function' ? { $function: field } : assertJson(value, `${path}.${field}`),
    ]);
  }
  const computed = functions.size === 0 ? undefined : functions;
  return { data: Object.fromEntries(data), code: { fields: computed, run } };
}

/** Functions with their names, for a hash. `run` names the function that is no field, `prefix` leads the names of those that are. */
export function namedFunctions(
  code: WorkCode | undefined,
  run: string,
  prefix: string,
): [name: string, run: unknown][] {
  const fields = [...(code?.fields ?? [])].map(([field, computed]): [string, unknown] => [
    prefix + field,
    computed,
  ]);
  return code?.run === undefined ? fields : [...fields, [run, code.run]];
}

/** The fields of a Nushell task or probe. */
export function nushellFields<
  Input,
  N extends Needs,
  Rule extends TriggerRule,
  Names extends string,
>(options: NushellFields<Input, N, Rule, Names>): Fields {
  const { env, cwd, includePaths, stdlib } = options;
  const common = { env, cwd, includePaths, stdlib };
  if (options.code !== undefined) return { code: options.code, input: options.input, ...common };
  if (options.script !== undefined)
    return { script: options.script, args: options.args, ...common };
  const { use, call, args, flags, input } = options;
  return { use, call, args, flags, input, ...common };
}

/** The fields of a shell task or probe. */
export function shellFields<Input, N extends Needs, Rule extends TriggerRule, Names extends string>(
  options: ShellFields<Input, N, Rule, Names>,
): Fields {
  const { command, args, stdin, env, cwd } = options;
  return { command, args, stdin, env, cwd };
}
