import type { TaskError } from '../journal/record.js';

/** Causes are followed this far; deeper ones, and circles, are left out. */
const MAX_CAUSES = 8;

/** Something that code threw, as data: its code, or else its name; causes as inner errors. Never throws itself. */
export function thrownAsData(thrown: unknown): TaskError {
  try {
    return asData(thrown, 0);
  } catch {
    return UNREADABLE;
  }
}

/** Even reading what was thrown can throw: errors may have getters. */
const UNREADABLE: TaskError = {
  code: 'Error',
  message: 'Something that could not be read was thrown.',
};

function asData(error: unknown, depth: number): TaskError {
  if (!(error instanceof Error)) return { code: 'Error', message: describe(error) };
  const { code } = error as { code?: unknown };
  const causes = error instanceof AggregateError ? error.errors : [error.cause];
  const inner =
    depth < MAX_CAUSES
      ? causes.filter((c) => c !== undefined).map((c) => asData(c, depth + 1))
      : [];
  return {
    code: typeof code === 'string' ? code : String(error.name),
    message: String(error.message),
    ...(inner.length === 0 ? {} : { inner }),
  };
}

function describe(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'something that has no text was thrown';
  }
}
