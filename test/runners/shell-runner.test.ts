import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../src/runners/runner.js';
import { ShellRunner } from '../../src/runners/shell/shell-runner.js';
import { NAUGHTY_STRINGS } from '../support/naughty-strings.js';
import { AttemptRig, errorOf, outputOf, temporaryFolder } from './attempts.js';

describe('ShellRunner', () => {
  const folder = temporaryFolder();
  const runner = new ShellRunner();
  const output = (settings: Parameters<typeof outputOf>[2]) => outputOf(runner, folder, settings);
  const error = (settings: Parameters<typeof errorOf>[2]) => errorOf(runner, folder, settings);

  it('gives exit code and stdout of a program that succeeds', async () => {
    expect(await output({ command: 'printf', args: ['a\\nb\\n'] })).toEqual({
      exitCode: 0,
      stdout: 'a\nb\n',
      truncated: false,
    });
  });

  it('answers as a probe by what it printed: nothing but white space says that nothing was done', async () => {
    const answer = async (text: string) =>
      runner.answer(await output({ command: 'printf', args: ['%s', text] }));
    expect(await answer('7f3a\n')).toEqual({ exitCode: 0, stdout: '7f3a\n', truncated: false });
    for (const nothing of ['', '\n', ' \t\r\n']) expect(await answer(nothing)).toBe(null);
  });

  it('gives all of a long stdout, also when its log keeps less', async () => {
    const rig = new AttemptRig(folder, {
      with: { command: 'sh', args: ['-c', 'head -c 3000000 /dev/zero | tr "\\0" x; sleep 0.3'] },
      maxLogBytes: 100_000,
    });
    const outcome = await rig.start(runner).outcome;
    const stdout = 'x'.repeat(3_000_000);
    expect(outcome).toEqual({
      status: 'succeeded',
      output: { exitCode: 0, stdout, truncated: false },
    });
    expect(statSync(join(rig.attempt.dir, 'stdout.log')).size).toBeLessThanOrEqual(100_000);
  });

  it('never takes a log that was cut since for all that was printed', async () => {
    const settings = { command: 'sh', args: ['-c', 'head -c 300000 /dev/zero'] };
    const rig = new AttemptRig(folder, { with: settings, maxLogBytes: 100_000 });
    await rig.start(runner).outcome;
    expect(await runner.adopt(rig.attempt, undefined).outcome).toMatchObject({
      status: 'failed',
      error: { code: 'NUFLOW_BAD_RESULT', message: expect.stringContaining('was cut') },
    });
  });

  it('fails when it printed more than an output may hold', async () => {
    const args = ['-c', 'truncate -s 70000000 /proc/self/fd/1'];
    expect(await error({ command: 'sh', args })).toMatchObject({
      code: 'NUFLOW_OUTPUT_TOO_BIG',
      message: expect.stringContaining('printed 70000000 bytes'),
    });
  });

  it('fails with the exit code and the end of stderr', async () => {
    expect(await error({ command: 'sh', args: ['-c', 'echo out; echo oops >&2; exit 4'] })).toEqual(
      {
        code: 'NUFLOW_EXIT',
        message: expect.stringContaining('4'),
        exitCode: 4,
        rendered: 'oops\n',
      },
    );
  });

  it('fails with 127 when there is no such program, 126 when it is none', async () => {
    expect(await error({ command: 'no-such-program-here' })).toMatchObject({ exitCode: 127 });
    expect(await error({ command: '/etc/passwd' })).toMatchObject({ exitCode: 126 });
  });

  it('takes an exit code above 128 for an exit code, and a signal for a signal', async () => {
    const ended = await error({ command: 'sh', args: ['-c', 'exit 137'] });
    expect(ended).toEqual({
      code: 'NUFLOW_EXIT',
      message: 'The process ended with exit code 137.',
      exitCode: 137,
    });
    const killed = await error({ command: 'sh', args: ['-c', 'kill -9 $$'] });
    expect(killed).toMatchObject({ code: 'NUFLOW_SIGNAL', signal: 'SIGKILL' });
  });

  it('brings every argument to the program as it is: no shell reads them', async () => {
    const args = NAUGHTY_STRINGS.filter((text) => text.length < 1000);
    const found = await output({ command: 'printf', args: ['%s\\0', ...args] });
    expect((found as { stdout: string }).stdout.split('\0').slice(0, -1)).toEqual(args);
  });

  it.each(['eval', 'exit', 'cd', '.', 'export', 'a=b', '$(touch pwned)', 'touch pwned; true'])(
    'takes %j for the name of a program, not for shell code',
    async (command) => {
      expect((await error({ command, args: ['touch pwned'] })).exitCode).toBeGreaterThan(125);
      expect(existsSync(join(folder, 'pwned'))).toBe(false);
    },
  );

  it('gives the program its standard input, empty by default', async () => {
    const stdin = 'héllo\n"$(x)"';
    expect(await output({ command: 'cat', stdin })).toMatchObject({ stdout: stdin });
    expect(await output({ command: 'cat' })).toMatchObject({ stdout: '' });
  });

  it('runs in its working folder with its environment', async () => {
    const settings = { command: 'sh', args: ['-c', 'pwd; echo $FOO $NUFLOW_TASK_ID'], cwd: '/' };
    expect(await output({ ...settings, env: { FOO: 'a  b' } })).toMatchObject({
      stdout: '/\na b task\n',
    });
  });

  it('fails clearly for a NUL character and for an argument that is too long', async () => {
    expect((await error({ command: 'echo', args: ['a\0b'] })).code).toBe('NUFLOW_INVALID_ARGUMENT');
    expect(await error({ command: 'echo', args: ['x'.repeat(200_000)] })).toMatchObject({
      code: 'NUFLOW_SPAWN_FAILED',
      message: expect.stringContaining('too long'),
    });
    expect((await error({ command: 'true', cwd: 'not-there' })).message).toContain('not-there');
  });

  it('writes the exit code where a later orchestrator finds it, also when it was interrupted', async () => {
    const rig = new AttemptRig(folder, {
      with: { command: 'sh', args: ['-c', 'trap "exit 9" INT; echo ready; sleep 60 & wait'] },
    });
    const execution = rig.start(runner);
    await rig.printed(/ready/);
    execution.stop('interrupt');
    expect(await execution.outcome).toMatchObject({ error: { exitCode: 9 } });
    expect(readFileSync(join(rig.attempt.dir, 'result.json'), 'utf8')).toBe('{"exitCode":9}');
    // What it said may be due to the stop that an orchestrator before asked for.
    expect(await runner.adopt(rig.attempt, undefined).outcome).toEqual({ status: 'interrupted' });
  });

  it('is known by what it left to a later orchestrator', async () => {
    const rig = new AttemptRig(folder, { with: { command: 'sh', args: ['-c', 'exit 9'] } });
    await rig.start(runner).outcome;
    expect(await runner.adopt(rig.attempt, undefined).outcome).toMatchObject({
      status: 'failed',
      error: { exitCode: 9 },
    });
  });

  it.each([
    [{ command: { $input: 'x' } }, 'command'],
    [{ command: '-x' }, 'command'],
    [{ command: 'a\0' }, 'command'],
    [{ command: 'a', args: 'x' }, 'args'],
    [{ command: 'a', shell: true }, 'shell'],
    [{ command: 'a', cwd: { $input: 'x' } }, 'cwd'],
  ])('refuses %j', (settings, part) => {
    expect(() => runner.check(settings, 'tasks.t')).toThrow(new RegExp(`^tasks\\.t.*${part}`));
  });

  it.each<Attempt['with']>([
    { command: 'a', args: { $input: 'x' } },
    { command: 'a', args: ['x', { $output: 'b.c' }], stdin: { $function: 'stdin' } },
    { command: 'a', env: { A: { $input: 'x' }, B: 'y', C: 1 } },
    { command: 'a', env: { $function: 'env' } },
  ])('accepts references where values stand: %j', (settings) => {
    runner.check(settings, 'tasks.t');
  });
});
