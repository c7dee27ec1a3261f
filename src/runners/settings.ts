import type { z } from 'zod';
import type { JsonValue } from '../definition/json.js';
import { InvalidDefinitionError } from '../errors.js';
import { lazySchema, type Zod, zod } from '../lazy-import.js';
import type { AttemptRef, Outcome } from './runner.js';
import { definitionText, innermost, issueText, unknownSetting } from './setting-problems.js';

/** Parts of `with` that runners of programs share. */

/** Text that stands for code, a path or a name: fixed by the definition, and without NUL, which no program could take. */
export const staticText = lazySchema((z) =>
  z
    .string()
    .min(1, 'must not be empty')
    .refine((text) => !text.includes('\0'), 'must not hold a NUL character'),
);

const reference = lazySchema((z) =>
  z
    .record(z.string(), z.unknown())
    .refine((value) => Object.keys(value).some((key) => key.startsWith('$')), {
      error: 'must be a value or a reference',
      abort: true,
    }),
);

/** `schema`, or a reference to a value that is not there yet. */
export function orReference<T extends z.ZodType>(schema: T): T {
  return zod().union([reference(), schema]) as unknown as T;
}

const NAME = /^[^=\0]+$/;
const environmentValue = lazySchema((z) =>
  z
    .union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false')
    .transform(String)
    .refine((text) => !text.includes('\0'), 'must not hold a NUL character'),
);

/** `env` and `cwd`. Numbers and booleans in `env` become text. */
export function environmentSettings(z: Zod, when: 'check' | 'start') {
  const computed = <T extends z.ZodType>(schema: T) =>
    when === 'check' ? orReference(schema) : schema;
  return {
    env: computed(z.record(z.string().regex(NAME), computed(environmentValue()))).optional(),
    cwd: staticText().optional(),
  };
}

/** Arguments stand in the list of processes, which everybody on the machine can read. */
export const SECRET_ARGUMENT =
  'is given a secret, which anybody on this machine could read in the list of processes; pass it in env, or on standard input';

/** The outcome of an attempt of which a program's argument holds a secret; undefined when none does. */
export function secretArgument(
  { secrets }: AttemptRef,
  args: readonly string[],
): Outcome | undefined {
  const index = args.findIndex((arg) => secrets?.redactor.reveals(arg));
  if (index === -1) return undefined;
  const message = `args.${index}: ${SECRET_ARGUMENT}`;
  return { status: 'failed', error: { code: 'NUFLOW_SECRET_ARGUMENT', message } };
}

/**
 * Throws the first problem of a definition as InvalidDefinitionError; an unknown key first, as it is often why another is
 * missing. `keys` are those that the settings may have.
 */
export function refuse(
  problem: z.ZodError | string,
  path: string,
  settings: JsonValue = null,
  keys: readonly string[] = [],
): never {
  if (typeof problem === 'string') throw new InvalidDefinitionError(path, problem);
  const unknown = problem.issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown?.code === 'unrecognized_keys' && unknown.path.length === 0) {
    const [key = ''] = unknown.keys;
    throw new InvalidDefinitionError(path, unknownSetting(key, keys), { key });
  }
  const issue = innermost(problem.issues[0]);
  const where = [path, ...(issue?.path ?? []).map(String)].join('.');
  throw new InvalidDefinitionError(where, definitionText(issue, settings));
}

/** The same for values that came at run time: a failed outcome. */
export function invalidValue(
  problem: z.ZodError,
  codes: Readonly<Record<string, string>>,
): Outcome {
  const [issue] = problem.issues;
  const field = String(issue?.path[0] ?? '');
  const where = (issue?.path ?? []).map(String).join('.');
  return {
    status: 'failed',
    error: {
      code: codes[field] ?? 'NUFLOW_INVALID_WITH',
      message: `${where}: ${issueText(issue)}`,
    },
  };
}
