import { describe, expect, it } from 'vitest';
import { jsonPieces } from '../cli/json-pieces.js';
import { follow, liveText } from '../cli/live-view.js';
import { commandLine } from '../cli/next-steps.js';
import { formatDuration, formatTime, shellWord, table } from '../cli/text.js';

const at = '2026-01-01T00:00:00.000Z';
const START = Date.parse(at);
const NONE = {
  total: 0,
  done: 0,
  running: 0,
  failed: 0,
  held: 0,
  succeeded: 0,
  upstreamFailed: 0,
  skipped: 0,
  cancelled: 0,
};
const SIZE = { rows: 24, columns: 80 };

describe('the live view', () => {
  const running = new Map([
    ['network', { attempt: 1, startedMs: START }],
    ['server', { attempt: 2, startedMs: START + 1_000 }],
    ['volume', { attempt: 1, startedMs: START + 2_000 }],
  ]);
  const run = {
    id: 'one',
    running,
    progress: () => ({
      ...NONE,
      total: 9,
      done: 5,
      running: 3,
      succeeded: 4,
      failed: 1,
      etaMs: 61_000,
    }),
  };

  it('shows how far a run is, and what runs for how long', () => {
    expect(liveText([run], START + 3_200, SIZE).split('\n')).toEqual([
      'one  4/9 done, 3 running, 1 failed, about 1 min 1 s left',
      '  network  3.2 s',
      '  server (attempt 2)  2.2 s',
      '  volume  1.2 s',
    ]);
  });

  it('says how many tasks are held for a decision', () => {
    const progress = () => ({ ...NONE, total: 2, held: 1 });
    expect(liveText([{ id: 'one', running: new Map(), progress }], START, SIZE)).toBe(
      'one  0/2 done, 1 held',
    );
  });

  it('keeps within the terminal', () => {
    expect(liveText([run], START, { ...SIZE, rows: 4 }).split('\n')).toEqual([
      expect.stringMatching(/^one/),
      '  network  0 ms',
      '  … 2 more',
    ]);
    expect(liveText([run, run], START, { ...SIZE, rows: 5 }).split('\n').length).toBeLessThan(5);
  });

  it('is one line for each of the first runs when there is no room for more', () => {
    const many = Array.from({ length: 1_000 }, () => run);
    expect(liveText(many, START, { rows: 9, columns: 80 }).split('\n').length).toBeLessThan(9);
  });

  it('wraps no line, whatever is in it', () => {
    const hostile = new Map([
      ['日本語\u202e\n\u001b[2J'.repeat(9), { attempt: 1, startedMs: START }],
    ]);
    const text = liveText([{ ...run, running: hostile }], START, { rows: 9, columns: 20 });
    expect(text.split('\n')).toEqual(['one  4/9 done, 3 r…', '  日本語\\u{202e}\\n…']);
    expect(liveText([run], START, { rows: 1, columns: 1 })).toMatch(/^.?\n.?$/);
  });

  it('counts apart what did not succeed', () => {
    const counts = { ...NONE, total: 18, done: 18, succeeded: 3, failed: 9, upstreamFailed: 7 };
    const progress = () => ({ ...counts, skipped: 1, cancelled: 5 });
    expect(liveText([{ id: 'one', running: new Map(), progress }], START, SIZE)).toBe(
      'one  3/18 done, 2 failed, 7 upstream failed, 1 skipped, 5 cancelled',
    );
  });

  it('is empty when nothing goes on', () => {
    expect(liveText([], START, SIZE)).toBe('');
  });

  it('knows from the events what runs', () => {
    const seen = new Map<string, { attempt: number; startedMs: number }>();
    follow(seen, { type: 'task.started', task: 'a', attempt: 2, seq: 1, at });
    expect([...seen]).toEqual([['a', { attempt: 2, startedMs: START }]]);
    follow(seen, { type: 'task.output', task: 'a', attempt: 2, at, stream: 'stdout', text: 'x' });
    expect(seen.size).toBe(1);
    follow(seen, { type: 'task.succeeded', task: 'a', attempt: 2, seq: 2, at });
    expect(seen.size).toBe(0);
  });
});

describe('text for people', () => {
  it.each([
    [-5, '0 ms'],
    [850, '850 ms'],
    [3_240, '3.2 s'],
    [59_960, '1 min 0 s'],
    [125_000, '2 min 5 s'],
    [12_000_000, '3 h 20 min'],
  ])('says %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('says an instant in one form, with its offset from UTC', () => {
    expect(formatTime('2026-11-28T07:15:02.999Z', { utc: true })).toBe('2026-11-28 07:15:02+00:00');
    const local = formatTime('2026-11-28T07:15:02Z', {});
    expect(local).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:02[+-]\d\d:\d\d$/);
    expect(Date.parse(local.replace(' ', 'T'))).toBe(Date.parse('2026-11-28T07:15:02Z'));
    expect(formatTime('', {})).toBe('');
  });

  it('has a table of 200,000 rows, and of long cells, in as much space as they take', () => {
    const rows = Array.from({ length: 200_000 }, (_, at) => [`t${at}`, 'pending', '0']);
    let length = 0;
    for (const line of table([...rows, ['x'.repeat(100_000), 'running', '1']]))
      length += line.length;
    expect(length).toBeLessThan(20_000_000);
  });

  it('aligns wide characters as terminals show them', () => {
    const lines = [
      ...table([
        ['日本', 'x'],
        ['e\u0301', 'x'],
        ['👍', 'x'],
      ]),
    ];
    expect(lines).toEqual(['日本  x\n', 'e\u0301     x\n', '👍    x\n']);
  });

  it('aligns columns and keeps each row on its line', () => {
    expect(
      [
        ...table([
          ['A', 'B'],
          ['long', 'x\ny'],
        ]),
      ].join(''),
    ).toBe('A     B\nlong  x\\ny\n');
  });
});

describe('a word for a shell', () => {
  it.each([
    ['server-1', 'server-1'],
    ['a b', "'a b'"],
    ["it's", "'it'\\''s'"],
    ['$(id)', "'$(id)'"],
    ['-x', "'-x'"],
    ['', "''"],
    ["a\u202e\u001b\n'\\b", "$'a\\U0000202e\\U0000001b\\U0000000a\\'\\\\b'"],
  ])('of %j is %s', (text, word) => {
    expect(shellWord(text)).toBe(word);
  });
});

describe('a command to be typed', () => {
  it('names the data directory, and what begins like an option', () => {
    expect(commandLine('.nuflow', 'resume', 'one')).toBe('nuflow resume one');
    expect(commandLine('my runs', 'logs', '-one', 'a b')).toBe(
      "nuflow logs --data-dir 'my runs' -- '-one' 'a b'",
    );
    expect(commandLine('.nuflow', 'journal repair', 'one')).toBe('nuflow journal repair one');
  });
});

describe('JSON in pieces', () => {
  it.each([0, 2])('is what it is in one piece, with space %d', (space) => {
    const value = {
      a: [1, { b: { c: { d: [true, null, 'x\ny'] } } }],
      e: {},
      f: [],
      u: undefined,
      g: [[]],
    };
    for (const each of [value, [value, value], 'text', null, 7, [], {}, { u: undefined }])
      expect([...jsonPieces(each, space)].join('')).toBe(JSON.stringify(each, undefined, space));
  });
});
