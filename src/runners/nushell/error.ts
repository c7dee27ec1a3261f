import { stripVTControlCharacters } from 'node:util';
import type { z } from 'zod';
import type { TaskError } from '../../journal/records/record.js';
import { lazySchema } from '../../lazy-import.js';

/** An error as Nushell's `catch` gives it, 0.108 to 0.115. Everything but the message may be missing. */
export interface NushellError {
  readonly msg: string;
  readonly code?: string | null | undefined;
  readonly help?: string | null | undefined;
  readonly labels?: readonly NushellLabel[] | null | undefined;
  readonly exit_code?: number | null | undefined;
  readonly rendered?: string | null | undefined;
  readonly inner?: readonly NushellError[] | null | undefined;
}

interface NushellLabel {
  readonly text?: string | null | undefined;
  /** Where in its own file; 0.115 has it. `span` counts through all of Nushell's sources and means nothing outside. */
  readonly location?: { readonly start: number; readonly end: number } | null | undefined;
}

const label = lazySchema(
  (z): z.ZodType<NushellLabel> =>
    z.object({
      text: z.string().nullish(),
      location: z.object({ start: z.number(), end: z.number() }).nullish(),
    }),
);

/** See {@link NushellError}. */
const nushellError = lazySchema((z) => {
  const schema: z.ZodType<NushellError> = z.object({
    msg: z.string(),
    code: z.string().nullish(),
    help: z.string().nullish(),
    labels: z.array(label()).nullish(),
    exit_code: z.number().nullish(),
    rendered: z.string().nullish(),
    get inner() {
      return z.array(schema).nullish();
    },
  });
  return schema;
});

const caught = lazySchema((z) =>
  z.looseObject({
    details: z.record(z.string(), z.unknown()).nullish(),
    json: z.string().nullish(),
  }),
);

/** What `catch` was given, as program.ts passes it on: 0.115 keeps an error's parts in `details`, older versions in `json`, as text. */
export const caughtError = lazySchema((z) =>
  z.preprocess((value) => {
    const { details, json, ...rest } = caught().parse(value);
    return { ...rest, ...(json ? JSON.parse(json) : details) };
  }, nushellError()),
);

/** Code of errors that were made without one, as Nushell itself renders them. */
const DEFAULT_CODE = 'nu::shell::error';
/** What Nushell wraps around an error inside a closure of `each` and the like; it says nothing itself. */
const WRAPPER = 'nu::shell::eval_block_with_input';

/** A Nushell error as a task's error. A wrapper around a single error gives way to it; `rendered` still shows both. */
export function toTaskError(error: NushellError): TaskError {
  const [cause, ...others] = error.inner ?? [];
  if (error.code === WRAPPER && cause !== undefined && others.length === 0) {
    return toTaskError({ ...cause, rendered: error.rendered });
  }
  const { exit_code, help, labels, inner, rendered } = error;
  return {
    code: error.code || DEFAULT_CODE,
    message: error.msg,
    ...(help ? { help } : {}),
    ...(labels?.length ? { labels: labels.map(toLabel) } : {}),
    ...(typeof exit_code === 'number' ? { exitCode: exit_code } : {}),
    ...(rendered ? { rendered: stripVTControlCharacters(rendered) } : {}),
    ...(inner?.length ? { inner: inner.map(toTaskError) } : {}),
  };
}

function toLabel({ text, location }: NushellLabel): NonNullable<TaskError['labels']>[number] {
  return {
    text: text ?? '',
    ...(location ? { start: location.start, end: location.end } : {}),
  };
}
