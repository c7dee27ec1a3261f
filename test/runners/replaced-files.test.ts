import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { attemptFiles } from '../../src/runners/attempt-files.js';
import { LogCap } from '../../src/runners/logs/log-cap.js';
import { readLogFile } from '../../src/runners/logs/log-reader.js';
import { NushellRunner } from '../../src/runners/nushell/nushell-runner.js';
import type { Attempt, Runner } from '../../src/runners/runner.js';
import { ShellRunner } from '../../src/runners/shell/shell-runner.js';
import { Redactor } from '../../src/secrets/redactor.js';
import { AttemptRig, NUSHELLS, temporaryFolder } from './attempts.js';

/** Shell code that puts something else in the place of the file "$f", and what it is called. */
const REPLACEMENTS: readonly (readonly [code: string, found: string])[] = [
  ['mkfifo "$f"', 'a named pipe'],
  ['ln -s /dev/zero "$f"', 'a symbolic link'],
  ['ln -s /etc/passwd "$f"', 'a symbolic link'],
  ['ln -s nowhere "$f"', 'a symbolic link'],
  ['mkdir "$f"', 'a folder'],
  ['echo x > other; ln other "$f"', 'a file with 2 names'],
  [
    `exec "$NODE" -e 'process.chdir(path.dirname(process.argv[1])); net.createServer().listen(path.basename(process.argv[1]), () => process.kill(process.pid, 9))' "$f"`,
    'a socket',
  ],
];

const folder = temporaryFolder();
const [[, binary]] = NUSHELLS;
const shell = new ShellRunner();
const nushell = new NushellRunner({ binary });
const env = { NODE: process.execPath };
const WORK = new Map<Runner, Attempt['with']>([
  [shell, { command: 'true' }],
  [nushell, { code: '1' }],
]);

/** An attempt of which a file was replaced when it had ended, as a process that it left running could do. */
async function replaced(runner: Runner, name: 'result' | 'stdout', code: string) {
  const rig = new AttemptRig(folder, { with: WORK.get(runner) ?? {} });
  await rig.start(runner).outcome;
  const file = attemptFiles(rig.attempt.dir)[name];
  const replace = `f=${file}; rm "$f"; cd ${rig.attempt.dir}; (${code})`;
  try {
    execFileSync('sh', ['-c', replace], { env: { ...process.env, ...env }, stdio: 'ignore' });
  } catch {
    // The socket's maker kills itself, so that the socket stays.
  }
  return rig;
}

describe('a file that a task replaced', () => {
  it.each(REPLACEMENTS)('as its result (%s) is refused by name', async (code, found) => {
    for (const runner of [shell, nushell]) {
      const { attempt } = await replaced(runner, 'result', code);
      expect(await runner.adopt(attempt, undefined).outcome).toMatchObject({
        status: 'failed',
        error: { code: 'NUFLOW_BAD_RESULT', message: expect.stringContaining(found) },
      });
    }
  });

  it.each(REPLACEMENTS)('as its stdout (%s) is refused by name', async (code, found) => {
    const { attempt } = await replaced(shell, 'stdout', code);
    expect(await shell.adopt(attempt, undefined).outcome).toMatchObject({
      status: 'failed',
      error: { code: 'NUFLOW_BAD_RESULT', message: expect.stringContaining(found) },
    });
    const { stdout } = attemptFiles(attempt.dir);
    await expect(readLogFile(stdout).next()).rejects.toThrow(found);
  });

  it('as its result by a sparse file of 10 GB is too big', async () => {
    const { attempt } = await replaced(nushell, 'result', 'truncate -s 10G "$f"');
    expect(await nushell.adopt(attempt, undefined).outcome).toMatchObject({
      error: { code: 'NUFLOW_OUTPUT_TOO_BIG' },
    });
  });

  it('while it runs, in the place of its result, is refused', async () => {
    const code = '^mkfifo $env.NUFLOW_RESULT; exit';
    const rig = new AttemptRig(folder, { with: { code } });
    expect(await rig.start(nushell).outcome).toMatchObject({
      error: { code: 'NUFLOW_BAD_RESULT', message: expect.stringContaining('a named pipe') },
    });
  });

  it('in the place of its private result is refused', async () => {
    const redactor = new Redactor([{ name: 'TOKEN', value: 'v3ry-s3cret' }]);
    for (const replace of ['^mkfifo', '^ln -s /etc/passwd', '^mkdir']) {
      const rig = new AttemptRig(folder, {
        with: { code: `${replace} $env.NUFLOW_RESULT; exit` },
        secrets: { redactor, complete: true },
      });
      expect(await rig.start(nushell).outcome).toMatchObject({
        error: { code: 'NUFLOW_BAD_RESULT' },
      });
    }
  });

  it('in a folder that is now a link is refused', async () => {
    const { attempt } = await replaced(nushell, 'result', 'true');
    const other = await replaced(nushell, 'stdout', 'true');
    execFileSync('rm', ['-r', attempt.dir]);
    symlinkSync(other.attempt.dir, attempt.dir);
    expect(await nushell.adopt(attempt, undefined).outcome).toMatchObject({
      error: { message: expect.stringContaining('in a folder that is a symbolic link') },
    });
  });

  it('never holds up a stop, or whoever looks for its process', async () => {
    const code =
      'cd ($env.NUFLOW_RESULT | path dirname); ^mkfifo stopped process.json stdout.log.cut; print ready; sleep 1min';
    const rig = new AttemptRig(folder, { with: { code } });
    const running = rig.start(nushell);
    await rig.printed(/ready/);
    running.stop('kill');
    expect((await running.outcome).status).toBe('interrupted');
    expect((await nushell.adopt(rig.attempt, undefined).outcome).status).toBe('interrupted');
  });

  it('where the next attempt’s files will be is replaced in turn', async () => {
    const target = join(folder, 'target');
    for (const plant of [
      (dir: string) => {
        mkdirSync(dir);
        execFileSync('mkfifo', ['stdout.log', 'stderr.log', 'stopped'], { cwd: dir });
        writeFileSync(target, 'precious');
        symlinkSync(target, join(dir, 'input.json'));
      },
      (dir: string) => symlinkSync('/', dir),
      (dir: string) => writeFileSync(dir, ''),
    ]) {
      const rig = new AttemptRig(folder, { with: { command: 'echo', args: ['hi'] } });
      plant(rig.attempt.dir);
      expect(await rig.start(shell).outcome).toMatchObject({ output: { stdout: 'hi\n' } });
      expect(lstatSync(rig.attempt.dir).isDirectory()).toBe(true);
    }
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });

  it('in the place of a long log is left alone, and so is what it leads to', async () => {
    const target = join(folder, 'long');
    const log = join(folder, 'log');
    writeFileSync(target, 'x'.repeat(300_000));
    symlinkSync(target, log);
    const cap = new LogCap(log, 100_000);
    cap.grown(300_000);
    await cap.finish();
    expect(readFileSync(target, 'utf8')).toBe('x'.repeat(300_000));
    expect(existsSync(`${log}.tmp`)).toBe(false);
  });
});
