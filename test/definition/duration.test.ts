import { describe, expect, it } from 'vitest';
import { type Duration, durationMs } from '../../src/definition/duration.js';

describe('a duration', () => {
  it.each<[string | number, number]>([
    [0, 0],
    [1.5, 1.5],
    ['0s', 0],
    ['500ms', 500],
    ['10s', 10_000],
    ['10sec', 10_000],
    ['5m', 300_000],
    ['5min', 300_000],
    ['2h', 7_200_000],
    ['2hr', 7_200_000],
    ['1d', 86_400_000],
    ['1day', 86_400_000],
    ['2wk', 1_209_600_000],
    ['1.5h', 5_400_000],
    ['1h30m', 5_400_000],
    ['1hr 30min', 5_400_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['1s2ms', 1_002],
    ['5 minutes', 300_000],
    ['1 day 2 hours', 93_600_000],
    ['36500d', 3_153_600_000_000],
  ])('%j is %d ms', (duration, ms) => {
    expect(durationMs(duration as Duration, 'timeout')).toBe(ms);
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
    ' 10s',
    '10s ',
    '10  s',
    '-1s',
    '+1s',
    '1e3ms',
    '.5s',
    '1.s',
    '1,5h',
    '30m1h',
    '1m1m',
    '1.5h30m',
    '1h1.5m',
    '1h30',
    '1:30',
    'PT5M',
    '10S',
    '5M',
    '5mo',
    '1y',
    '500us',
    '1constructor',
    '٣s',
    `${'1d'.repeat(100_000)}`,
    null,
    undefined,
    {},
    [1],
    ['1s'],
    true,
  ])('%j is none, and the error names the option and the forms', (value) => {
    expect(() => durationMs(value as Duration, 'tasks.a.timeout')).toThrow(
      expect.objectContaining({
        code: 'NUFLOW_INVALID_DEFINITION',
        message: expect.stringMatching(/^tasks\.a\.timeout: .* is not a duration.*"1h30m"/),
        details: expect.objectContaining({ path: 'tasks.a.timeout' }),
      }),
    );
  });

  it('says what is unclear about it', () => {
    expect(() => durationMs('5M' as Duration, 't')).toThrow(/minutes are "m" or "min"/);
    expect(() => durationMs('10' as Duration, 't')).toThrow(/no unit/);
  });
});
