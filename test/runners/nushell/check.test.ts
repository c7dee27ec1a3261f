import { describe, expect, it } from 'vitest';
import { NushellRunner } from '../../../src/runners/nushell/nushell-runner.js';
import type { Attempt } from '../../../src/runners/runner.js';

describe('check of a Nushell task', () => {
  const runner = new NushellRunner();

  it.each([
    [{}, 'needs "use" and "call"'],
    [{ call: 'x' }, 'needs "use"'],
    [{ use: 'x.nu' }, 'call'],
    [{ use: { $input: 'module' }, call: 'x' }, 'use: .*fixed'],
    [{ use: 'x.nu', call: { $input: 'command' } }, 'call'],
    [{ use: 'a\0b', call: 'x' }, 'use: .*NUL'],
    [{ use: '', call: 'x' }, 'use'],
    ...[
      'x; exit',
      'x (y)',
      '^ls',
      'x | y',
      '-x',
      '--x',
      'x  y',
      ' x',
      'x\ny',
      '$x',
      '"x"',
      'x #',
      '1',
    ].map((call) => [{ use: 'x.nu', call }, 'call: .*name of a command'] as const),
    ...['a b', '-x', '--x', 'a=b', '', 'x)', '1', 'a\nb', 'help'].map(
      (flag) => [{ use: 'x.nu', call: 'x', flags: { [flag]: 1 } }, 'flags'] as const,
    ),
    [{ use: 'x.nu', call: 'x', args: 'x' }, 'args'],
    [{ use: 'x.nu', call: 'x', flags: ['x'] }, 'flags'],
    [{ use: 'x.nu', call: 'x', stdlib: 'yes' }, 'stdlib'],
    [{ use: 'x.nu', call: 'x', includePaths: [{ $input: 'x' }] }, 'includePaths'],
    [{ use: 'x.nu', call: 'x', includePaths: ['a\x1eb'] }, 'includePaths'],
    [{ use: 'x.nu', call: 'x', cwd: { $input: 'x' } }, 'cwd'],
    [{ use: 'x.nu', call: 'x', env: { 'A=B': 'x' } }, 'env'],
    [{ use: 'x.nu', call: 'x', env: { A: ['x'] } }, 'env'],
    [{ use: 'x.nu', call: 'x', code: '1' }, 'code'],
    [{ use: 'x.nu', call: 'x', unknown: 1 }, 'unknown'],
    [{ code: { $input: 'code' } }, 'code: .*fixed'],
    [{ code: 'x'.repeat(40_000) }, 'code: .*module'],
    [{ code: '1', args: [] }, 'args'],
    [{ script: { $input: 'x' } }, 'script: .*fixed'],
    [{ script: 'x.nu', args: [1] }, 'args'],
    [{ script: 'x.nu', input: 1 }, 'input'],
  ] as const)('refuses %j', (settings, why) => {
    expect(() => runner.check(settings, 'tasks.t')).toThrow(new RegExp(`^tasks\\.t.*${why}`, 's'));
  });

  it.each<Attempt['with']>([
    { use: 'servers/create.nu', call: 'create-server' },
    { use: 'x', call: 'server create.now_2', args: [], flags: {}, input: null },
    {
      use: 'x.nu',
      call: 'größe',
      args: [{ $input: 'a' }, 1],
      flags: { 'dry-run': { $output: 'b.c' } },
    },
    {
      use: 'x.nu',
      call: 'x',
      args: { $function: 'args' },
      flags: { $function: 'flags' },
      input: { $input: '' },
    },
    {
      use: 'x.nu',
      call: 'x',
      env: { A: { $input: 'x' }, B: 2 },
      cwd: 'here',
      includePaths: ['lib'],
      stdlib: true,
    },
    { code: '$input', input: { deep: [{ $input: 'x' }] } },
    { script: 'x.nu', args: ['a', { $input: 'x' }] },
    { script: 'x.nu', args: { $input: 'x' } },
  ])('accepts %j', (settings) => {
    runner.check(settings, 'tasks.t');
  });

  it('takes a probe that gives an output, and no script', () => {
    const answering: Attempt['with'][] = [{ code: 'null' }, { use: 'x.nu', call: 'find' }];
    for (const probe of answering) runner.check(probe, 'tasks.t.probe', 'probe');
    const silent: Attempt['with'][] = [{ script: 'x.nu' }, {}];
    for (const probe of silent)
      expect(() => runner.check(probe, 'tasks.t.probe', 'probe')).toThrow(
        /^tasks\.t\.probe: a Nushell probe needs/,
      );
  });
});
