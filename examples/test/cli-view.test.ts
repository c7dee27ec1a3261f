import { describe, expect, it } from 'vitest';
import { follow, liveText } from '../cli/live-view.js';
import { formatDuration, printable, shellWord, table } from '../cli/text.js';

const at = '2026-01-01T00:00:00.000Z';
const START = Date.parse(at);

describe('the live view', () => {
  const running = new Map([
    ['network', { attempt: 1, startedMs: START }],
    ['server', { attempt: 2, startedMs: START + 1_000 }],
    ['volume', { attempt: 1, startedMs: START + 2_000 }],
  ]);
  const run = {
    id: 'one',
    running,
    progress: () => ({ total: 9, done: 4, running: 3, failed: 1, held: 0, etaMs: 61_000 }),
  };

  it('shows how far a run is, and what runs for how long', () => {
    expect(liveText([run], START + 3_200, 24).split('\n')).toEqual([
      'one  4/9 done, 3 running, 1 failed, about 1 min 1 s left',
      '  network  3.2 s',
      '  server (attempt 2)  2.2 s',
      '  volume  1.2 s',
    ]);
  });

  it('says how many tasks are held for a decision', () => {
    const progress = () => ({ total: 2, done: 0, running: 0, failed: 0, held: 1 });
    expect(liveText([{ id: 'one', running: new Map(), progress }], START, 24)).toBe(
      'one  0/2 done, 0 running, 1 held',
    );
  });

  it('keeps within the terminal', () => {
    expect(liveText([run], START, 4).split('\n')).toEqual([
      expect.stringMatching(/^one/),
      '  network  0 ms',
      '  … 2 more',
    ]);
    expect(liveText([run, run], START, 5).split('\n').length).toBeLessThan(5);
  });

  it('is empty when nothing goes on', () => {
    expect(liveText([], START, 24)).toBe('');
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

  it('makes control characters visible, but for tab and newline', () => {
    expect(printable('a\tb\n\u001b[31m\u0085')).toBe('a\tb\n\\u{1b}[31m\\u{85}');
  });

  it('aligns columns and keeps each row on its line', () => {
    expect(
      table([
        ['A', 'B'],
        ['long', 'x\ny'],
      ]),
    ).toBe('A     B\nlong  x y\n');
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
  ])('of %j is %s', (text, word) => {
    expect(shellWord(text)).toBe(word);
  });
});
