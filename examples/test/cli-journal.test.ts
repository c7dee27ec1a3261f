import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtCli } from './built-cli.js';
import { CliRig, leaves, waits } from './cli-rig.js';

const cli = builtCli();
let rig: CliRig;
beforeEach(async () => {
  rig = new CliRig(cli);
  const tasks = [leaves('a', 'ledger'), leaves('b', 'ledger', ['a']), leaves('c', 'ledger', ['b'])];
  rig.write('flow.json', { name: 'flow', tasks });
  for (const id of ['one', 'two']) await rig.run('run', 'flow.json', '--id', id, '--quiet');
});
afterEach(() => rig.remove());

const journal = (run: string): string => rig.path(`.nuflow/runs/${run}/journal.ndjson`);
const linesOf = (run: string): string[] => readFileSync(journal(run), 'utf8').split(/(?<=\n)/);

/** Breaks the record of b's success; returns how many records are before it. */
function damage(run: string): number {
  const lines = linesOf(run);
  const bad = lines.findIndex((line) => line.includes('"task.succeeded","task":"b"'));
  writeFileSync(journal(run), lines.with(bad, (lines[bad] ?? '').replace('"b"', '"B"')).join(''));
  return bad;
}

const jsonOf = async (...args: readonly string[]) => {
  const { code, stdout } = await rig.run(...args, '--json');
  return { code, data: JSON.parse(stdout) };
};

describe('nuflow journal check', () => {
  it('ends with 0 when all are ok', async () => {
    const { code, stdout, stderr } = await rig.run('journal', 'check');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ['RUN', 'VERDICT'],
      ['two', 'ok'],
      ['one', 'ok'],
      [''],
    ]);
    const missing = await rig.run('journal', 'check', '--data-dir', 'elsewhere');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('there is no data directory elsewhere');
  });

  it('ends with 1 when any is not, and says where and what to type next', async () => {
    const good = damage('one');
    const { code, stdout, stderr } = await rig.run('journal', 'check');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      new RegExp(`^one +damaged +${good} +${good + 1} +\\d+ +its checksum`, 'm'),
    );
    expect(stderr).toMatch(/^one: .*nuflow journal repair one$/m);
    expect(await jsonOf('journal', 'check')).toEqual({
      code: 1,
      data: [
        { run: 'two', verdict: 'ok', file: journal('two'), records: linesOf('two').length },
        expect.objectContaining({ run: 'one', verdict: 'damaged', records: good, line: good + 1 }),
      ],
    });
  });

  it('goes on with the others where something else is in place of a journal', async () => {
    rmSync(journal('two'));
    symlinkSync('/etc/passwd', journal('two'));
    const { code, stdout } = await rig.run('journal', 'check');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^two +unreadable +.*is a symbolic link/m);
    expect(stdout).toMatch(/^one +ok /m);
  });

  it('names output files that are missing or changed, which nothing repairs', async () => {
    rig.write('big.json', {
      name: 'big',
      tasks: [{ id: 'big', nu: { code: "'x' | fill -w 300000" } }],
    });
    await rig.run('run', 'big.json', '--id', 'big', '--quiet');
    expect((await rig.run('journal', 'check', 'big')).code).toBe(0);
    const folder = rig.path('.nuflow/runs/big/outputs');
    const [name = ''] = readdirSync(folder);
    rmSync(join(folder, name));
    const { code, stdout, stderr } = await rig.run('journal', 'check', 'big');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^big +incomplete +\d+$/m);
    expect(stderr).toMatch(/^big: the journal is good, but not these files/m);
    expect(stderr).toMatch(new RegExp(`output of task big, line \\d+: .*${name} is missing`));
    const repaired = await rig.run('journal', 'repair', 'big');
    expect(repaired.stdout).toMatch(
      /^big: the journal is good \(\d+ records\); nothing was changed/,
    );
    expect(repaired.stderr).toContain(`${name} is missing`);
  });

  it('looks at the named runs only', async () => {
    damage('one');
    expect((await rig.run('journal', 'check', 'two')).code).toBe(0);
    const torn = readFileSync(journal('two')).subarray(0, -5);
    writeFileSync(journal('two'), torn);
    const { code, data } = await jsonOf('journal', 'check', 'two', 'nobody', 'one');
    const verdicts = data.map(({ run, verdict }: { run: string; verdict: string }) => [
      run,
      verdict,
    ]);
    expect(code).toBe(1);
    expect(verdicts).toEqual([
      ['two', 'torn'],
      ['nobody', 'missing'],
      ['one', 'damaged'],
    ]);
    expect((await rig.run('journal', 'check', 'two', 'nobody')).stderr).toMatch(
      /nuflow resume two\n/,
    );
    expect(readFileSync(journal('two')).equals(torn)).toBe(true);
  });

  it.each([
    ['a run id that is a path', ['journal', 'check', '../../etc']],
    ['no command', ['journal']],
    ['no run to repair', ['journal', 'repair']],
    ['a run to repair that is not there', ['journal', 'repair', 'nobody']],
  ])('ends with 2 for %s', async (_, args) => {
    const { code, stdout, stderr } = await rig.run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe('nuflow journal repair', () => {
  it('is what a damaged run asks for, and lets it go on', async () => {
    const good = damage('one');
    const refused = await rig.run('resume', 'one');
    expect(refused.code).toBe(1);
    const [, command = ''] =
      /with: nuflow (journal repair [^ ]+ --data-dir [^ ]+)\.$/m.exec(refused.stderr) ?? [];
    const { code, stdout, stderr } = await rig.run(...command.split(' '));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`^one: damaged at line ${good + 1}: .*\nkept ${good} records; lost`),
    );
    expect(stdout).toContain('× task.succeeded\n');
    expect(stdout).toMatch(/^ {2}task c: task\.started/m);
    const [, copy = ''] = /^the journal as it was: (.+)$/m.exec(stdout) ?? [];
    expect(readFileSync(copy, 'utf8').split('\n')[good]).toContain('"B"');
    expect(stderr).toMatch(/Then: nuflow resume .*one$/m);
    expect((await rig.run('journal', 'check')).code).toBe(0);
    expect((await rig.run('resume', 'one', '--quiet')).code).toBe(0);
    expect((await rig.run('journal', 'check')).code).toBe(0);
    // What b did is still in its files, and counts; what is not known of c is done again.
    expect(rig.lines('ledger').slice(6)).toEqual(['c']);
  });

  it('tells what it did as data', async () => {
    const good = damage('one');
    const lines = linesOf('one').length - good;
    expect(await jsonOf('journal', 'repair', 'one')).toEqual({
      code: 0,
      data: expect.objectContaining({
        run: 'one',
        repaired: true,
        records: good,
        lost: expect.objectContaining({ lines }),
      }),
    });
    const whole = { run: 'one', repaired: false, file: journal('one'), records: good };
    expect(await jsonOf('journal', 'repair', 'one')).toEqual({ code: 0, data: whole });
    const again = await rig.run('journal', 'repair', 'one');
    expect(again.stdout).toContain(`the journal is good (${good} records); nothing was changed`);
  });

  it('ends with 1 when there is nothing to go on with, or a newer nuflow wrote it', async () => {
    const lines = linesOf('one');
    writeFileSync(journal('one'), lines.slice(1).join(''));
    const nothing = await rig.run('journal', 'repair', 'one', '--json');
    expect(nothing.code).toBe(1);
    expect(JSON.parse(nothing.stderr).error.code).toBe('NUFLOW_JOURNAL_NOT_REPAIRABLE');
    const newer = lines.with(0, (lines[0] ?? '').replace('"format":1', '"format":2')).join('');
    writeFileSync(journal('one'), newer);
    const format = await rig.run('journal', 'repair', 'one', '--json');
    expect(format.code).toBe(1);
    expect(JSON.parse(format.stderr).error.code).toBe('NUFLOW_JOURNAL_FORMAT');
    expect(readFileSync(journal('one'), 'utf8')).toBe(newer);
    expect(readdirSync(rig.path('.nuflow/runs/one'))).not.toContainEqual(
      expect.stringMatching(/before-repair/),
    );
  });

  it('ends with 75 while another process has the data directory, where check still looks', async () => {
    damage('one');
    rig.write('waits.json', { name: 'waits', tasks: [waits('w')] });
    const running = rig.start('run', 'waits.json', '--id', 'three');
    await running.says('task.started w');
    const { code, stderr } = await rig.run('journal', 'repair', 'one');
    expect(code).toBe(75);
    expect(stderr).toContain(`process ${running.process.pid}`);
    expect((await rig.run('journal', 'check', 'one')).code).toBe(1);
    rig.write('go', '');
    expect((await running.ended).code).toBe(0);
  });
});
