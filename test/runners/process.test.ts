import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withStdio } from '../../src/runners/attempt-files.js';
import { startProcess } from '../../src/runners/process/process.js';
import { temporaryFolder } from './attempts.js';
import { builtLibrary } from './built-library.js';

describe('startProcess', () => {
  const folder = temporaryFolder();
  const start = (file: string, args: string[] = [], cwd = folder) => {
    return withStdio(join(folder, 'attempt'), '', (stdio) =>
      startProcess({ file, args, cwd, env: {}, stdio }),
    );
  };

  it('tells the exit code, or the signal', async () => {
    expect(await start('/bin/sh', ['-c', 'exit 3']).ended).toEqual({ kind: 'exited', exitCode: 3 });
    expect(await start('/bin/sh', ['-c', 'kill -9 $$']).ended).toEqual({
      kind: 'signalled',
      signal: 'SIGKILL',
    });
  });

  it('tells why a program could not be started', async () => {
    const plain = join(folder, 'plain');
    writeFileSync(plain, 'text');
    chmodSync(plain, 0o600);
    const errno = async (...call: Parameters<typeof start>) => {
      const end = await start(...call).ended;
      return end.kind === 'notStarted' ? end.errno : end.kind;
    };
    expect(await errno('/no/such/program')).toBe('ENOENT');
    expect(await errno('/bin/true', [], '/no/such/folder')).toBe('ENOENT');
    expect(await errno(plain)).toBe('EACCES');
    expect(await errno('/bin/true', ['x'.repeat(200_000)])).toBe('E2BIG');
  });
});

/** Starts an attempt with 0 to 15 descriptors left and prints how each went. */
const STARVED = `
  import { closeSync, openSync } from 'node:fs';
  const { library, folder } = JSON.parse(process.argv[1]);
  const { ShellRunner } = await import(library + '/runners/index.js');
  process.on('uncaughtException', (error) => console.log('uncaught', error.message));
  process.on('unhandledRejection', (error) => console.log('unhandled', error.message));
  const run = (name) => new ShellRunner().start({
    run: 'r', task: 't', attempt: 1, key: 'k', cookie: name, traceparent: 'x', with: { command: 'true' },
    dir: folder + '/' + name, baseDir: folder, output() {},
  }).outcome;
  await run('warm');
  for (let free = 0; free < 16; free++) {
    const held = [];
    try { for (;;) held.push(openSync('/dev/null')); } catch {}
    for (const fd of held.splice(0, free)) closeSync(fd);
    const outcome = await run('free-' + free);
    for (const fd of held) closeSync(fd);
    console.log(outcome.status, outcome.error?.code ?? '', /EMFILE/.test(outcome.error?.message) ? 'EMFILE' : '');
  }
`;

describe('starting with no descriptors left', () => {
  const library = builtLibrary();
  const folder = temporaryFolder();

  it('fails the attempt, however many are missing, and nothing else', () => {
    const argument = JSON.stringify({ library, folder });
    const command = 'ulimit -n 250; exec "$@"';
    const node = [process.execPath, '--input-type=module', '-e', STARVED, argument];
    const text = execFileSync('/bin/sh', ['-c', command, 'sh', ...node], { encoding: 'utf8' });
    const lines = text.trim().split('\n');
    expect(lines).toHaveLength(16);
    expect(new Set(lines.map((line) => line.trim()))).toEqual(
      new Set(['failed NUFLOW_SPAWN_FAILED EMFILE', 'succeeded']),
    );
    expect(lines[0]).toContain('EMFILE');
    expect(lines.at(-1)).toContain('succeeded');
  });
});
