import { InvalidDefinitionError } from '../errors.js';

type Unit = 'ms' | 's' | 'sec' | 'm' | 'min' | 'h' | 'hr' | 'd' | 'day' | 'w' | 'wk';

/**
 * Milliseconds, or numbers with units: `'500ms'`, `'10s'`, `'5min'`, `'2h'`, `'1day'`, `'1h30m'`. The units are `ms`,
 * `s` or `sec`, `m` or `min`, `h` or `hr`, `d` or `day`, `w` or `wk`, and in plain data also the words, such as `5 minutes`.
 */
export type Duration = number | `${number}${Unit}` | `${number}${Unit}${number}${Unit}`;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SPELLINGS: readonly (readonly [ms: number, units: readonly string[]])[] = [
  [1, ['ms', 'msec', 'millisecond', 'milliseconds']],
  [SECOND, ['s', 'sec', 'secs', 'second', 'seconds']],
  [MINUTE, ['m', 'min', 'mins', 'minute', 'minutes']],
  [HOUR, ['h', 'hr', 'hrs', 'hour', 'hours']],
  [DAY, ['d', 'day', 'days']],
  [7 * DAY, ['w', 'wk', 'week', 'weeks']],
];
const UNIT_MS = new Map(SPELLINGS.flatMap(([ms, units]) => units.map((unit) => [unit, ms])));

/** The longest duration accepted, ms: 100 years. */
export const MAX_DURATION_MS = 100 * 365 * DAY;
/** Longer texts are none: no duration needs more. */
const MAX_LENGTH = 100;
const PARTS = /^\d+(?:\.\d+)? ?[a-z]+(?: ?\d+ ?[a-z]+)*$/;
const PART = /(\d+(?:\.\d+)?) ?([a-z]+)/g;

/** Milliseconds of a duration; throws {@link InvalidDefinitionError} naming `path` when it is none. */
export function durationMs(duration: Duration, path: string): number {
  const ms = typeof duration === 'number' ? duration : textMs(duration);
  if (Number.isFinite(ms) && ms >= 0 && ms <= MAX_DURATION_MS) return ms;
  throw new InvalidDefinitionError(path, `${shortText(duration)} ${problemOf(duration, ms)}`);
}

/** The same of a timeout, which can't be 0: nothing could end in no time. */
export function timeoutMs(timeout: Duration, path: string): number {
  const ms = durationMs(timeout, path);
  if (ms > 0) return ms;
  throw new InvalidDefinitionError(
    path,
    `${shortText(timeout)} would end it at once; leave it out for no timeout, or give the longest time, such as "30s"`,
  );
}

/** NaN for what is no duration. */
function textMs(text: unknown): number {
  if (typeof text !== 'string' || text.length > MAX_LENGTH || !PARTS.test(text)) return Number.NaN;
  const parts = [...text.matchAll(PART)];
  let sum = 0;
  let last = Number.POSITIVE_INFINITY;
  for (const [, count = '', name = ''] of parts) {
    const unit = UNIT_MS.get(name) ?? Number.NaN;
    // Largest unit first, each once; a fraction of a part that smaller ones follow could be meant as either.
    if (!(unit < last) || (parts.length > 1 && count.includes('.'))) return Number.NaN;
    sum += Number(count) * unit;
    last = unit;
  }
  return sum;
}

const SHOWN = 80;

/** A value as an error shows it, its beginning only when it is long. */
export function shortText(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

const FORMS =
  'use milliseconds, or numbers with the units ms, s (sec), m (min), h (hr), d (day), w (wk), largest first, such as "500ms", "10s", "5min", "1h30m", "1day"';

function problemOf(duration: unknown, ms: number): string {
  if (ms > MAX_DURATION_MS)
    return `is not a duration that can be waited for, at most 100 years; ${FORMS}`;
  if (typeof duration === 'string' && /^\d+(?:\.\d+)?$/.test(duration))
    return `is not a duration: it has no unit; ${FORMS}`;
  if (typeof duration === 'string' && /\d ?(?:M|mo|mon|months?)$/.test(duration))
    return `is not a duration: minutes are "m" or "min", and months differ in length; ${FORMS}`;
  return `is not a duration; ${FORMS}`;
}
