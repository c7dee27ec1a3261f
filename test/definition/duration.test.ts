import { describe, expect, it } from 'vitest';
import { type Duration, durationMs } from '../../src/definition/duration.js';

describe('a duration', () => {
  it.each<[Duration, number]>([
    [0, 0],
    [1.5, 1.5],
    ['0s', 0],
    ['500ms', 500],
    ['10s', 10_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1.5h', 5_400_000],
    ['36500d', 3_153_600_000_000],
  ])('%j is %d ms', (duration, ms) => {
    expect(durationMs(duration, 'timeout')).toBe(ms);
  });

  it.each([
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    3_153_600_000_001,
    '36501d',
    '',
    '10',
    's',
    '10 s',
    '-1s',
    '1e3ms',
    '.5s',
    '1s2ms',
    '10sec',
    '10S',
    null,
    undefined,
    {},
    [1],
    true,
  ])('%j is none, and the error names the option', (value) => {
    expect(() => durationMs(value as Duration, 'tasks.a.timeout')).toThrow(
      expect.objectContaining({
        code: 'NUFLOW_INVALID_DEFINITION',
        message: expect.stringMatching(/^tasks\.a\.timeout: .* is not a duration/),
        details: expect.objectContaining({ path: 'tasks.a.timeout' }),
      }),
    );
  });
});
