import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NushellRunner } from '../../../src/runners/nushell/nushell-runner.js';
import { errorOf, NUSHELLS, outputOf, temporaryFolder } from '../attempts.js';

describe.each(NUSHELLS)('errors on Nushell %s', (version, binary) => {
  const folder = temporaryFolder();
  const runner = new NushellRunner({ binary });
  const errorIn = (code: string) => errorOf(runner, folder, { code });
  const newer = version !== '0.108';

  it('carries message, help, labels and what Nushell would have shown', async () => {
    writeFileSync(
      join(folder, 'quota.nu'),
      `export def create [size: int] {
        error make {msg: 'quota exceeded', code: 'prov::quota', help: 'ask for more', label: {text: 'this size', span: (metadata $size).span}}
      }`,
    );
    const error = await errorOf(runner, folder, { use: 'quota.nu', call: 'create', args: [3] });
    expect(error).toMatchObject({
      code: newer ? 'prov::quota' : 'nu::shell::error', // 0.108 drops the code
      message: 'quota exceeded',
      help: 'ask for more',
      labels: [{ text: expect.any(String) }],
      rendered: expect.stringContaining('quota exceeded'),
    });
    expect(error.labels?.[0]?.text).toBe('this size');
    expect(error.rendered).not.toContain('\x1b');
  });

  it('names where an error is, in its own file', async () => {
    const [label] = (await errorIn('[1] | get 5')).labels ?? [];
    expect(typeof label?.start).toBe(newer ? 'number' : 'undefined');
  });

  it('gives Nushell errors their code', async () => {
    expect(await errorIn('[1] | get 5')).toMatchObject({ code: 'nu::shell::access_beyond_end' });
    expect(await errorIn('open not-there.json')).toMatchObject({
      code: expect.stringMatching(/^nu::shell::io::/),
    });
  });

  it('gives the exit code of an external', async () => {
    expect(await errorIn(`^sh -c 'exit 7'`)).toMatchObject({
      code: 'nu::shell::non_zero_exit_code',
      exitCode: 7,
    });
    expect(await errorIn(`^sh -c 'echo out; exit 7'`)).toMatchObject({ exitCode: 7 });
    expect(await errorIn(`^sh -c 'exit 7'; 1`)).toMatchObject({ exitCode: 7 });
  });

  it('gives an external killed by a signal as an error', async () => {
    const error = await errorIn(`^sh -c 'kill -9 $$'`);
    expect(error.code).toMatch(/^nu::shell::/);
    expect(error.rendered).toContain('SIGKILL');
  });

  it('puts the error inside a closure first, where Nushell wraps it', async () => {
    const error = await errorIn(`[1] | each {|x| error make {msg: 'inside'} } | first`);
    expect(error).toMatchObject({ code: 'nu::shell::error', message: 'inside' });
    expect(error.rendered).toContain('Eval block failed');
  });

  it('carries inner errors', async () => {
    if (!newer) return; // 0.108 has no way to make one
    const error = await errorIn(`error make {msg: 'outer', inner: [{msg: 'cause', code: 'a::b'}]}`);
    expect(error).toMatchObject({ message: 'outer', inner: [{ code: 'a::b', message: 'cause' }] });
  });

  it('fails where a script would print the error and exit 0', async () => {
    expect(await errorIn(`[1] | each {|x| error make {msg: 'late'} }`)).toMatchObject({
      message: 'late',
    });
  });

  it('counts the value of code that goes on after a swallowed failure', async () => {
    expect(
      await outputOf(runner, folder, { code: `try { error make {msg: 'x'} } catch { 'saved' }` }),
    ).toBe('saved');
  });

  it('fails clearly when the result holds a closure', async () => {
    expect(await errorIn('{f: {|| 1 }}')).toMatchObject({
      code: 'nu::shell::unsupported_input',
      rendered: expect.stringContaining('closures are currently not'),
    });
  });

  it('takes the code and message of a parse error from what Nushell printed', async () => {
    expect(await errorIn('let x = ')).toMatchObject({
      code: 'nu::parser::keyword_missing_arg',
      message: expect.stringContaining('Missing argument'),
      exitCode: 1,
      rendered: expect.stringContaining('let x = '),
    });
    writeFileSync(join(folder, 'broken.nu'), 'export def x [ { }');
    const error = await errorOf(runner, folder, { use: 'broken.nu', call: 'x' });
    expect(error.code).toMatch(/^nu::parser::/);
    expect(error.rendered).toContain('broken.nu');
    const missing = await errorOf(runner, folder, { use: 'missing.nu', call: 'x' });
    expect(missing.code).toBe('nu::parser::module_not_found');
  });

  it('does not take an end without a result for success, even with exit code 0', async () => {
    expect(await errorIn('exit 0')).toMatchObject({ code: 'NUFLOW_NO_RESULT', exitCode: 0 });
    expect(await errorIn('print -e dying; exit 3')).toMatchObject({
      code: 'NUFLOW_EXIT',
      exitCode: 3,
      rendered: 'dying\n',
    });
    expect(await errorIn('try { exit 4 } catch { 1 }')).toMatchObject({ exitCode: 4 });
  });

  it('names the signal of a process that was killed', async () => {
    const error = await errorIn('^kill -9 $nu.pid; sleep 60sec');
    expect(error).toMatchObject({ code: 'NUFLOW_SIGNAL', signal: 'SIGKILL' });
  });

  it('gives the recursion limit as an error', async () => {
    const defs = Array.from(
      { length: 60 },
      (_, i) => `def f${i} [] { ${i === 0 ? '1' : `f${i - 1}`} }`,
    );
    const error = await errorIn(`${defs.join('\n')}\nf59`);
    expect(error.code).toMatch(/recursion_limit/);
  });

  it('bounds the text it takes from stderr', async () => {
    const error = await errorIn(
      `print -e (1..2000 | each {|i| $"line ($i)" } | str join "\\n"); exit 1`,
    );
    expect(error.rendered?.length).toBeLessThanOrEqual(4096);
    expect(error.rendered).toContain('line 2000');
  });

  it('fails when the result file is not an envelope', async () => {
    const error = await errorIn(`'{"ok":true' | save --raw -f $env.NUFLOW_RESULT; exit 0`);
    expect(error.code).toBe('NUFLOW_BAD_RESULT');
  });
});
