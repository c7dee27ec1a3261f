import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { NushellRunner } from '../../../src/runners/nushell/nushell-runner.js';
import { AttemptRig, errorOf, NUSHELLS, outputOf, temporaryFolder } from '../attempts.js';

const SERVERS = `
export-env { $env.PROVIDER = 'local' }
export def create-server [name: string, count?: int, --size: string = 'small', --dry-run, ...tags: string] {
  print $"creating ($name)"
  {name: $name, count: $count, size: $size, dry: $dry_run, tags: $tags, piped: $in, provider: $env.PROVIDER}
}
export def "server list" [] { [a b] }
export def main [] { 'main' }
# Named like builtins that the runner itself uses.
export def save [] { 'my save' }
export def mv [] { 'my mv' }
export def "to json" [] { 'my json' }
export def which [...names] { [] }
export def exit [] { 'my exit' }
export def take [n: int] { $n }
`;

describe.each(NUSHELLS)('forms of a task on Nushell %s', (_version, binary) => {
  const folder = temporaryFolder();
  const module = `it's "a" dir/servers.nu`;
  mkdirSync(join(folder, `it's "a" dir`));
  writeFileSync(join(folder, module), SERVERS);
  const runner = new NushellRunner({ binary });
  const output = (settings: Parameters<typeof outputOf>[2]) => outputOf(runner, folder, settings);
  const error = (settings: Parameters<typeof errorOf>[2]) => errorOf(runner, folder, settings);
  afterEach(() => vi.unstubAllEnvs());

  describe('call', () => {
    it('calls a command of a module with arguments, flags, switches and input', async () => {
      const found = await output({
        use: module,
        call: 'create-server',
        args: ['wuji', 3, 'x', 'y'],
        flags: { size: 'large', 'dry-run': true },
        input: { from: ['here'] },
      });
      expect(found).toEqual({
        name: 'wuji',
        count: 3,
        size: 'large',
        dry: true,
        tags: ['x', 'y'],
        piped: { from: ['here'] },
        provider: 'local',
      });
    });

    it('leaves the default of a flag that is null or absent, and of an argument that is absent', async () => {
      const settings = { use: module, call: 'create-server', args: ['wuji'] };
      const expected = { count: null, size: 'small', dry: false, tags: [], piped: null };
      expect(await output({ ...settings, flags: { size: null } })).toMatchObject(expected);
      expect(await output({ ...settings, flags: { 'dry-run': false } })).toMatchObject(expected);
      expect(await output(settings)).toMatchObject(expected);
    });

    it('finds subcommands, main by the name of its module, and commands named like builtins', async () => {
      expect(await output({ use: module, call: 'server list' })).toEqual(['a', 'b']);
      expect(await output({ use: module, call: 'servers' })).toBe('main');
      expect(await output({ use: module, call: 'save' })).toBe('my save');
      expect(await output({ use: module, call: 'exit' })).toBe('my exit');
    });

    it('keeps what the task prints apart from its output', async () => {
      const rig = new AttemptRig(folder, {
        with: { use: module, call: 'create-server', args: ['wuji'] },
      });
      const outcome = await rig.start(runner).outcome;
      expect(outcome).toMatchObject({ status: 'succeeded', output: { name: 'wuji' } });
      expect(rig.text('stdout')).toBe('creating wuji\n');
      expect(readFileSync(join(rig.attempt.dir, 'stdout.log'), 'utf8')).toBe('creating wuji\n');
    });

    it('fails when the module has no such command, instead of running what has that name elsewhere', async () => {
      expect(await error({ use: module, call: 'sh', args: ['-c', 'true'] })).toMatchObject({
        code: 'NUFLOW_NO_COMMAND',
        message: expect.stringContaining("'sh'"),
      });
      expect((await error({ use: module, call: 'rm', args: ['x'] })).code).toBe(
        'NUFLOW_NO_COMMAND',
      );
      expect((await error({ use: module, call: 'no-such' })).code).toBe('NUFLOW_NO_COMMAND');
    });

    it('fails when an argument has the wrong type, too many are given, or a flag is unknown', async () => {
      expect((await error({ use: module, call: 'take', args: ['x'] })).code).toBe(
        'nu::shell::cant_convert',
      );
      expect((await error({ use: module, call: 'take', args: [1, 2] })).code).toBe(
        'nu::parser::extra_positional',
      );
      expect((await error({ use: module, call: 'take' })).code).toBe(
        'nu::parser::missing_positional',
      );
      expect(
        await error({ use: module, call: 'take', args: [1], flags: { nope: 1 } }),
      ).toMatchObject({
        code: 'nu::parser::unknown_flag',
        rendered: expect.stringContaining('nope'),
      });
    });

    it.each([
      ['size (exit 9)', 'name of a flag'],
      ['help', 'would not run'],
    ])('refuses at start the flag name %j', async (name, why) => {
      const flags = { [name]: true };
      expect(await error({ use: module, call: 'save', flags })).toMatchObject({
        code: 'NUFLOW_INVALID_FLAG',
        message: expect.stringContaining(why),
      });
    });
  });

  describe('code', () => {
    it('gives the value of the last expression, or of return', async () => {
      expect(await output({ code: '1; {a: ($input.n + 1)} # comment', input: { n: 1 } })).toEqual({
        a: 2,
      });
      expect(await output({ code: 'if true { return [1] }; 2' })).toEqual([1]);
      expect(await output({ code: 'def f [x] { $x * 2 }; mut n = 1; $n += 1; f $n' })).toBe(4);
      expect(await output({ code: 'let x = 1' })).toBe(null);
    });

    it('gives null as the input when there is none', async () => {
      expect(await output({ code: '$input | describe' })).toBe('nothing');
    });

    it('takes what an external prints at the end as text', async () => {
      expect(await output({ code: `^printf 'a\\nb'` })).toBe('a\nb');
    });

    it('runs in its working folder, with its environment', async () => {
      mkdirSync(join(folder, 'sub dir'), { recursive: true });
      const code = '{pwd: $env.PWD, foo: $env.FOO, n: $env.N}';
      const settings = { code, cwd: 'sub dir', env: { FOO: '(exit 9)"', N: 5 } };
      expect(await output(settings)).toEqual({
        pwd: join(folder, 'sub dir'),
        foo: '(exit 9)"',
        n: '5',
      });
    });

    it('looks for modules in the include paths of the task, then of the runner', async () => {
      for (const place of ['one', 'two']) {
        mkdirSync(join(folder, place), { recursive: true });
        writeFileSync(join(folder, place, 'where.nu'), `export def place [] { '${place}' }`);
      }
      writeFileSync(join(folder, 'two', 'only.nu'), `export def place [] { 'only' }`);
      const both = new NushellRunner({ binary, includePaths: ['two'] });
      const run = (use: string, includePaths: string[]) =>
        outputOf(both, folder, { use, call: 'place', includePaths });
      expect(await run('where.nu', ['one'])).toBe('one');
      expect(await run('where.nu', [])).toBe('two');
      expect(await run('only.nu', ['one'])).toBe('only');
    });

    it('loads the standard library only when asked', async () => {
      const code = `use std/log; log info 'x'; 1`;
      expect(await output({ code, stdlib: true })).toBe(1);
      expect((await error({ code })).code).toBe('nu::parser::module_not_found');
    });
  });

  describe('script', () => {
    it('succeeds with null for exit code 0, whatever it prints', async () => {
      writeFileSync(join(folder, 'ok.nu'), 'def main [...args] { print ...$args }');
      const rig = new AttemptRig(folder, { with: { script: 'ok.nu', args: ['a b', 'c'] } });
      expect(await rig.start(runner).outcome).toEqual({ status: 'succeeded', output: null });
      expect(rig.text('stdout')).toBe('a b\nc\n');
    });

    it('takes flags', async () => {
      writeFileSync(
        join(folder, 'flags.nu'),
        'def main [name: string, --size: int, --dry] { print $name $size $dry }',
      );
      const rig = new AttemptRig(folder, {
        with: { script: 'flags.nu', args: ['--dry', '--size=3', 'wuji'] },
      });
      await rig.start(runner).outcome;
      expect(rig.text('stdout')).toBe('wuji\n3\ntrue\n');
    });

    it('fails with its exit code and the end of stderr', async () => {
      writeFileSync(join(folder, 'bad.nu'), 'print -e oops; exit 4');
      expect(await error({ script: 'bad.nu' })).toMatchObject({
        code: 'NUFLOW_EXIT',
        exitCode: 4,
        rendered: 'oops\n',
      });
      expect((await error({ script: 'not-there.nu' })).exitCode).toBe(1);
    });

    it.each(['--help', '--help=true', '--help=', '-h', '-h=true', '-dh', '-hd', '-d-h'])(
      'refuses the argument %j, for which Nushell would show help in place of running',
      async (arg) => {
        const text = 'def --wrapped main [--dry (-d), ...args] { "ran" | save --force ran }';
        writeFileSync(join(folder, 'helped.nu'), text);
        const { code, message } = await error({ script: 'helped.nu', args: ['a', arg] });
        expect([code, message]).toEqual([
          'NUFLOW_INVALID_ARGUMENT',
          expect.stringContaining('without running it'),
        ]);
      },
    );

    it.each(['help', 'a--help', '--helper', '-d=h', '--dry'])('takes %j as it is', async (arg) => {
      writeFileSync(join(folder, 'taken.nu'), 'def --wrapped main [...args] { print ...$args }');
      const rig = new AttemptRig(folder, { with: { script: 'taken.nu', args: [arg] } });
      expect((await rig.start(runner).outcome).status).toBe('succeeded');
      expect(rig.text('stdout')).toBe(`${arg}\n`);
    });

    it.each([
      'a\n^touch pwned',
      '--x;touch pwned',
      '--x=(touch pwned)',
      '$(x)',
      '...x',
      '',
      '#c',
      'e> x',
      '[1]',
      '-',
      '--',
      ' x',
    ])('refuses the argument %j, which Nushell may read as code', async (arg) => {
      writeFileSync(join(folder, 'any.nu'), 'def --wrapped main [...args] {}');
      expect((await error({ script: 'any.nu', args: ['a', arg] })).code).toBe(
        'NUFLOW_INVALID_ARGUMENT',
      );
    });
  });

  it('shows a task the allowed part of the environment, and who it is', async () => {
    vi.stubEnv('NUFLOW_TEST_SECRET', 'hush');
    vi.stubEnv('NUFLOW_TEST_SHARED', 'shared');
    vi.stubEnv('LC_TEST', 'C');
    const allowing = new NushellRunner({
      binary,
      allowEnv: ['NUFLOW_TEST_SHARED'],
      env: { MINE: 'm', YOURS: 'm' },
    });
    const rig = new AttemptRig(folder, {
      with: { code: '^env | lines', env: { YOURS: 'y', NUFLOW_COOKIE: 'forged' } },
    });
    const outcome = await rig.start(allowing).outcome;
    const { cookie, key, dir, traceparent } = rig.attempt;
    expect(outcome).toMatchObject({
      output: expect.arrayContaining([
        'NUFLOW_TEST_SHARED=shared',
        'LC_TEST=C',
        'MINE=m',
        'YOURS=y',
        'NUFLOW_RUN_ID=run-1',
        'NUFLOW_TASK_ID=task',
        'NUFLOW_ATTEMPT=1',
        `NUFLOW_TASK_KEY=${key}`,
        `NUFLOW_COOKIE=${cookie}`,
        `NUFLOW_RESULT=${join(dir, 'result.json')}`,
        `TRACEPARENT=${traceparent}`,
      ]),
    });
    expect(JSON.stringify(outcome)).not.toContain('hush');
  });

  it('keeps the files of an attempt to its owner', async () => {
    const rig = new AttemptRig(folder, { with: { code: 'print x; 1' } });
    await rig.start(runner).outcome;
    expect(statSync(rig.attempt.dir).mode & 0o777).toBe(0o700);
    for (const file of ['input.json', 'stdout.log', 'stderr.log']) {
      expect(statSync(join(rig.attempt.dir, file)).mode & 0o777).toBe(0o600);
    }
  });
});
