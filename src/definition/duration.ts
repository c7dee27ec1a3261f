import { InvalidDefinitionError } from '../errors.js';

/** Milliseconds, or a number with a unit: `'500ms'`, `'10s'`, `'5m'`, `'2h'`, `'1d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** The longest duration accepted, ms: 100 years. */
export const MAX_DURATION_MS = 100 * 365 * UNIT_MS.d;
const TEXT = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Milliseconds of a duration; throws {@link InvalidDefinitionError} naming `path` when it is none. */
export function durationMs(duration: Duration, path: string): number {
  const ms = typeof duration === 'number' ? duration : textMs(String(duration));
  if (Number.isFinite(ms) && ms >= 0 && ms <= MAX_DURATION_MS) return ms;
  throw new InvalidDefinitionError(
    path,
    `${JSON.stringify(duration)} is not a duration; use milliseconds or a text such as "500ms", "10s", "5m", "2h", "1d"`,
  );
}

function textMs(text: string): number {
  const match = TEXT.exec(text);
  return match === null ? Number.NaN : Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}
