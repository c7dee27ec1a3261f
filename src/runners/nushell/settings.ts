import type { z } from 'zod';
import type { JsonValue } from '../../definition/json.js';
import { jsonValue } from '../../definition/spec.js';
import { lazySchema, type Zod } from '../../lazy-import.js';
import { environmentSettings, orReference, staticText } from '../settings.js';

/**
 * The three forms of a Nushell task's `with`. What is code, path or name is fixed by the definition;
 * only values may be references. `Check` accepts references where values may be computed.
 */

/** Longest code taken, UTF-16 units: it travels as one argument, of which the system takes about 128 KiB. */
const MAX_CODE = 30_000;

const commandName = lazySchema((z) =>
  z
    .string()
    .regex(
      /^[\p{L}_][\p{L}\p{N}_.-]*( [\p{L}_][\p{L}\p{N}_.-]*)*$/u,
      'must be the name of a command: words of letters, digits, "-", "_" and ".", with single spaces for subcommands',
    ),
);
const flagName = lazySchema((z) =>
  z
    .string()
    .regex(/^[a-zA-Z][\w-]*$/, 'must be the name of a flag, without dashes in front')
    .refine((name) => name !== 'help', 'must not be help: the command would not run'),
);
const includePath = lazySchema(() =>
  staticText().refine((path) => !path.includes('\x1e'), 'must not hold U+001E'),
);

function forms(z: Zod, when: 'check' | 'start') {
  const computed = <T extends z.ZodType>(schema: T) =>
    when === 'check' ? orReference(schema) : schema;
  const common = {
    ...environmentSettings(z, when),
    includePaths: z.array(includePath()).optional(),
    stdlib: z.boolean().optional(),
  };
  const call = z.strictObject({
    use: staticText(),
    call: commandName(),
    args: computed(z.array(jsonValue())).optional(),
    flags: computed(z.record(flagName(), jsonValue())).optional(),
    input: jsonValue().optional(),
    ...common,
  });
  const code = z.strictObject({
    code: staticText().max(
      MAX_CODE,
      `must be at most ${MAX_CODE} characters; move the code to a module`,
    ),
    input: jsonValue().optional(),
    ...common,
  });
  const script = z.strictObject({
    script: staticText(),
    args: computed(z.array(computed(z.string()))).optional(),
    ...common,
  });
  return { call, code, script };
}

const atCheck = lazySchema((z) => forms(z, 'check'));
const atStart = lazySchema((z) => forms(z, 'start'));
type Forms = ReturnType<typeof atStart>;

export type CallSettings = z.infer<Forms['call']>;
export type CodeSettings = z.infer<Forms['code']>;
export type ScriptSettings = z.infer<Forms['script']>;
export type NushellSettings =
  | { readonly form: 'call'; readonly settings: CallSettings }
  | { readonly form: 'code'; readonly settings: CodeSettings }
  | { readonly form: 'script'; readonly settings: ScriptSettings };

type With = { readonly [key: string]: JsonValue };

function formOf(settings: With): 'call' | 'code' | 'script' | undefined {
  if (Object.hasOwn(settings, 'use')) return 'call';
  if (Object.hasOwn(settings, 'code')) return 'code';
  return Object.hasOwn(settings, 'script') ? 'script' : undefined;
}

/** Each begins another form. */
const FORM_KEYS = ['use', 'code', 'script'] as const;

/** What is wrong with a definition's `with`, or undefined. A script gives no output, so it is no probe. */
export function checkSettings(
  settings: With,
  use: 'task' | 'probe',
): z.ZodError | string | undefined {
  const form = formOf(settings);
  if (use === 'probe' && (form === undefined || form === 'script'))
    return 'a Nushell probe needs "use" and "call", or "code": its answer is its output';
  if (form === undefined) return 'a Nushell task needs "use" and "call", or "code", or "script"';
  const given = FORM_KEYS.filter((key) => Object.hasOwn(settings, key));
  if (given.length > 1)
    return `${given.map((key) => `"${key}"`).join(' and ')} do not go together; give "use" and "call", or "code", or "script"`;
  return atCheck()[form].safeParse(settings).error;
}

/** Keys that settings of this form may have. */
export function settingsKeys(settings: With): readonly string[] {
  return Object.keys(atCheck()[formOf(settings) ?? 'call'].shape);
}

/** `with` as the task starts, references replaced; or what is wrong with it. */
export function parseSettings(settings: With): NushellSettings | z.ZodError {
  const form = formOf(settings) ?? 'call';
  const parsed = atStart()[form].safeParse(settings);
  if (!parsed.success) return parsed.error;
  return { form, settings: parsed.data } as NushellSettings;
}
