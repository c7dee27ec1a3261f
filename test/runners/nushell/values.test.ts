import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NushellRunner } from '../../../src/runners/nushell/nushell-runner.js';
import { NAUGHTY_STRINGS } from '../../support/naughty-strings.js';
import { NUSHELLS, outputOf, temporaryFolder } from '../attempts.js';

const MODULE = `
export def echo-args [...args: any] { $args }
export def echo-all [first: string, --flag: string] { {piped: $in, first: $first, flag: $flag} }
export def digest [text: string] { $text | hash sha256 }
export def kind [value: any] { $value | describe }
`;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

it('has at least 515 different naughty strings', () => {
  expect(new Set(NAUGHTY_STRINGS).size).toBeGreaterThanOrEqual(515);
  expect(NAUGHTY_STRINGS.every((text) => text.isWellFormed())).toBe(true);
});

describe.each(NUSHELLS)('values on Nushell %s', (_version, binary) => {
  const folder = temporaryFolder();
  const runner = new NushellRunner({ binary });
  writeFileSync(join(folder, 'echo.nu'), MODULE);
  const call = (command: string, more: object) =>
    outputOf(runner, folder, { use: 'echo.nu', call: command, ...more });

  it('brings every naughty string to a command and back unchanged, as arguments', async () => {
    const args = [...NAUGHTY_STRINGS];
    expect(await call('echo-args', { args })).toEqual(args);
  });

  it('brings every naughty string to code and back unchanged, as input and as keys', async () => {
    const input = NAUGHTY_STRINGS.map((text) => ({ text }));
    expect(await outputOf(runner, folder, { code: '$input', input })).toEqual(input);
    const keys = Object.fromEntries(NAUGHTY_STRINGS.map((text, i) => [text, i]));
    expect(await outputOf(runner, folder, { code: '$input', input: keys })).toEqual(keys);
  });

  it('has Nushell see the very bytes, not just give them back', async () => {
    const code = '$input | each { hash sha256 }';
    const input = [...NAUGHTY_STRINGS];
    expect(await outputOf(runner, folder, { code, input })).toEqual(input.map(sha256));
  });

  it.each([
    '--flag',
    'null',
    '-x',
    '"; exit 9; "',
    '\nexit 9',
    '(exit 9)',
    "'# ; exit 9",
    'ü\u0007',
    'x'.repeat(300_000),
  ])('brings %j to an argument, a flag and the input of one call', async (text) => {
    const found = await call('echo-all', { args: [text], flags: { flag: text }, input: text });
    expect(found).toEqual({ piped: text, first: text, flag: text });
  });

  it('runs nothing that stands in a value', async () => {
    const target = join(folder, 'pwned');
    const attacks = [
      `(touch "${target}")`,
      `"; touch "${target}"; "`,
      `\ntouch "${target}"`,
      `$(touch ${target})`,
      `'# ; touch "${target}"; r#'`,
      `| touch "${target}"`,
    ];
    expect(await call('echo-args', { args: attacks, input: attacks })).toEqual(attacks);
    expect(existsSync(target)).toBe(false);
  });

  it('keeps the kind of every JSON value', async () => {
    const args = [null, true, 0, -1.5, '', [], {}, [[null]], { a: { b: [] } }, 2 ** 53 - 1];
    expect(await call('echo-args', { args })).toEqual(args);
    expect(await call('kind', { args: ['1'] })).toBe('string');
    expect(await call('kind', { args: [null] })).toBe('nothing');
  });

  it('keeps keys that mean something to JavaScript', async () => {
    const input = JSON.parse(
      '{"__proto__": {"x": 1}, "constructor": 2, "toString": null, "10": 1, "": 0}',
    );
    const output = await outputOf(runner, folder, { code: '$input', input });
    expect(JSON.stringify(output)).toContain('"__proto__":{"x":1}');
    expect(output).toEqual(input);
  });

  it('takes a parameter of 1 MiB and gives back an output of several', async () => {
    const text = 'ä€😀x'.repeat(105_000);
    expect(await call('digest', { args: [text] })).toBe(sha256(text));
    const many = await outputOf(runner, folder, { code: '1..400000 | each { "0123456789" }' });
    expect(many).toHaveLength(400_000);
  });

  it('takes and gives values 100 levels deep', async () => {
    let input: unknown = 'core';
    for (let i = 0; i < 100; i++) input = i % 2 === 0 ? [input] : { in: input };
    expect(await outputOf(runner, folder, { code: '$input', input: input as [] })).toEqual(input);
  });

  it('gives Nushell values as JSON: durations in ns, sizes in bytes, binary as numbers', async () => {
    const code =
      '{took: 5sec, size: 10kb, bytes: 0x[01 ff], at: 2020-01-01T00:00:00Z, list: (1..3 | each {}), glob: ("*.x" | into glob)}';
    expect(await outputOf(runner, folder, { code })).toMatchObject({
      took: 5_000_000_000,
      size: 10_000,
      bytes: [1, 255],
      list: [1, 2, 3],
      glob: '*.x',
    });
  });
});
