import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataDir } from '../../src/journal/data-dir/data-dir.js';
import { foldersAround } from '../../src/platform/folders-around.js';
import { nodeFileSystem } from '../../src/platform/node-file-system.js';
import { isThere } from '../../src/platform/regular-file.js';
import { attemptFiles, attemptFolder, markStopped } from '../../src/runners/attempt-files.js';
import { readLogFile } from '../../src/runners/logs/log-reader.js';
import { NushellRunner } from '../../src/runners/nushell/nushell-runner.js';
import { isOurs, privateFolders } from '../../src/runners/private/private-folder.js';
import { readResult } from '../../src/runners/process/result-file.js';
import { ShellRunner } from '../../src/runners/shell/shell-runner.js';
import { AttemptRig, NUSHELLS, temporaryFolder } from './attempts.js';

const folder = temporaryFolder();
const [[, binary]] = NUSHELLS;
const shell = new ShellRunner();
const nushell = new NushellRunner({ binary });

/** The folder of an attempt of a run of its own, whose task has none yet, and an empty folder outside. */
function place() {
  const data = join(folder, randomUUID());
  const dir = new DataDir(nodeFileSystem, data).attemptDir('run', 1, 'b', 1);
  const outside = join(data, 'outside');
  mkdirSync(dirname(dirname(dir)), { recursive: true });
  mkdirSync(outside);
  return { dir, outside };
}

const TASKS = [
  ['a program', shell, { command: 'true' }],
  ['Nushell code', nushell, { code: '5' }],
] as const;

describe('what a task planted where a later attempt will be', () => {
  it.each(TASKS)('as its unfinished result harms nothing: %s', async (_, runner, settings) => {
    const { dir, outside } = place();
    const precious = join(outside, 'precious');
    writeFileSync(precious, 'precious');
    mkdirSync(dir, { recursive: true });
    symlinkSync(precious, join(dir, 'result.json.tmp'));
    execFileSync('mkfifo', [join(dir, 'output-lost'), join(dir, 'private')]);
    const rig = new AttemptRig(folder, { dir, with: settings });
    expect(await rig.start(runner).outcome).toMatchObject({ status: 'succeeded' });
    expect(readFileSync(precious, 'utf8')).toBe('precious');
    expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('leaves an empty folder to the attempt, and is kept aside when it is more than files of an attempt', () => {
    const { dir } = place();
    mkdirSync(join(dir, 'stdout.log'), { recursive: true });
    writeFileSync(join(dir, 'stdout.log', 'kept'), '');
    attemptFolder(dir);
    expect(readdirSync(dir)).toEqual([]);
    const [, aside = ''] = readdirSync(dirname(dir));
    expect(readdirSync(join(dirname(dir), aside, 'stdout.log'))).toEqual(['kept']);
  });

  it('leaves nothing aside of an attempt that could not be begun', () => {
    const { dir } = place();
    attemptFolder(dir);
    for (const name of ['input.json', 'stdout.log']) writeFileSync(join(dir, name), '');
    attemptFolder(dir);
    expect(readdirSync(dir)).toEqual([]);
    expect(readdirSync(dirname(dir))).toEqual(['1']);
  });

  it('as its task’s folder is not followed', () => {
    const { dir, outside } = place();
    symlinkSync(outside, dirname(dir));
    attemptFolder(dir);
    attemptFolder(join(dir, 'probe'));
    expect(lstatSync(dirname(dir)).isDirectory()).toBe(true);
    expect(readdirSync(outside)).toEqual([]);
  });

  it('as the folder of all tasks, or the run’s, fails the attempt', async () => {
    for (const levels of [dirname, (tasks: string) => dirname(dirname(tasks))]) {
      const { dir, outside } = place();
      const replaced = levels(dirname(dir));
      renameSync(replaced, `${replaced}.moved`);
      symlinkSync(outside, replaced);
      const rig = new AttemptRig(folder, { dir, with: { command: 'true' } });
      expect(await rig.start(shell).outcome).toMatchObject({
        status: 'failed',
        error: { code: 'NUFLOW_SPAWN_FAILED', message: expect.stringContaining('symbolic link') },
      });
      expect(readdirSync(outside)).toEqual([]);
    }
  });
});

describe('what a task puts where its own result is written', () => {
  it.each(['mkfifo', 'mkdir', 'ln -s /dev/null'])('%s does not hold it up', async (plant) => {
    const args = ['-c', `${plant} "$NUFLOW_RESULT.tmp"; exit 3`];
    const program = new AttemptRig(folder, { dir: place().dir, with: { command: 'sh', args } });
    expect(await program.start(shell).outcome).toMatchObject({ error: { exitCode: 3 } });
    const code = `^${plant} ($env.NUFLOW_RESULT + '.tmp'); 5`;
    const task = new AttemptRig(folder, { dir: place().dir, with: { code } });
    expect(await task.start(nushell).outcome).toEqual({ status: 'succeeded', output: 5 });
  });

  it('a link to a folder gets nothing into that', async () => {
    for (const [runner, settings] of [
      [shell, (to: string) => ({ command: 'sh', args: ['-c', `ln -s ${to} "$NUFLOW_RESULT"`] })],
      [nushell, (to: string) => ({ code: `^ln -s ${to} $env.NUFLOW_RESULT` })],
    ] as const) {
      const { dir, outside } = place();
      const rig = new AttemptRig(folder, { dir, with: settings(outside) });
      expect(await rig.start(runner).outcome).toMatchObject({ status: 'succeeded' });
      expect(readdirSync(outside)).toEqual([]);
    }
  });
});

describe('a link in place of a folder around an attempt’s files', () => {
  it.each([0, 1, 2, 3])('is refused by whoever reads them (%d up)', async (up) => {
    const { dir } = place();
    const files = attemptFolder(dir);
    for (const path of [files.stdout, files.result, files.stopped]) writeFileSync(path, 'x');
    const [run = ''] = foldersAround(dir);
    const replaced = [dir, ...foldersAround(dir).toReversed()][up] ?? run;
    renameSync(replaced, `${replaced}.moved`);
    symlinkSync(`${replaced}.moved`, replaced);
    const found = 'a symbolic link';
    await expect(readLogFile(files.stdout).next()).rejects.toThrow(found);
    await expect(readLogFile(files.stderr).next()).rejects.toThrow(found);
    expect(await readResult(files.result)).toMatchObject({
      refused: { error: { code: 'NUFLOW_BAD_RESULT', message: expect.stringContaining(found) } },
    });
    expect(isThere(files.stopped)).toBe(false);
    markStopped(attemptFiles(dir));
    expect(readFileSync(files.stopped, 'utf8')).toBe('x');
    const [, inAttempt = ''] = privateFolders('cookie', dir);
    mkdirSync(inAttempt, { mode: 0o700 });
    expect(isOurs(inAttempt)).toBe(false);
  });
});
