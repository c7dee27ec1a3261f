import type { z } from 'zod';
import { lazySchema } from '../../lazy-import.js';
import { type JournalRecord, recordDraftSchema } from './record.js';

/** What a line says, its checksum and claim left out. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * What every record has to pass: a draft's schema, given its place and time. One check of a whole line costs less than
 * taking it apart and putting it together.
 */
export const recordSchema = lazySchema((z): z.ZodType<JournalRecord> => {
  const [first, ...others] = recordDraftSchema().options;
  const placed = (draft: typeof first | (typeof others)[number]) =>
    z.strictObject({ seq: z.int(), at: z.string(), ...draft.shape });
  return z.discriminatedUnion('type', [placed(first), ...others.map(placed)]);
});

/** The record that a line's fields are, or the first thing that keeps them from being one. */
export function checkRecord(
  fields: Fields,
): { readonly record: JournalRecord } | { readonly issue: z.core.$ZodIssue | undefined } {
  if (isFrequent(fields)) return { record: fields };
  const parsed = recordSchema().safeParse(fields);
  return parsed.success ? { record: parsed.data } : { issue: parsed.error.issues[0] };
}

/**
 * Whether it is a record of the two kinds that nearly all of a big journal is. By hand, which takes a tenth of the time
 * that the schema takes. It may say no where the schema says yes, never the other way round.
 */
function isFrequent(fields: Fields): fields is JournalRecord {
  const { type, seq, at, task, attempt } = fields;
  const count = Object.keys(fields).length;
  const isKnown =
    type === 'task.started'
      ? count === 5 || (count === 6 && fields.ahead === true)
      : type === 'task.succeeded' && count === 6 && fields.output !== undefined;
  return (
    isKnown &&
    Number.isSafeInteger(seq) &&
    Number.isSafeInteger(attempt) &&
    (attempt as number) >= 1 &&
    typeof at === 'string' &&
    typeof task === 'string'
  );
}
