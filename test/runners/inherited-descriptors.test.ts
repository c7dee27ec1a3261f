import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NUSHELLS, temporaryFolder } from './attempts.js';
import { builtLibrary } from './built-library.js';

const [[, binary]] = NUSHELLS;

/** Runs a task of each kind, directly and by the helper, and prints where their descriptors lead. */
const ORCHESTRATOR = `
  const { library, binary, folder } = JSON.parse(process.argv[1]);
  const { NushellRunner } = await import(library + '/runners/nushell/nushell-runner.js');
  const { ShellRunner } = await import(library + '/runners/shell/shell-runner.js');
  const { Spawners } = await import(library + '/runners/spawner/spawners.js');
  const { Redactor } = await import(library + '/secrets/redactor.js');
  const secrets = { redactor: new Redactor([{ name: 'T', value: 's3cr3t-s3cr3t' }]), complete: true };
  const shell = { command: 'ls', args: ['-l', '/proc/self/fd'] };
  const nu = { code: '^ls -l /proc/self/fd' };
  let n = 0;
  const found = [];
  for (const starter of [undefined, new Spawners()])
    for (const [runner, work] of [[new ShellRunner({ starter }), shell], [new NushellRunner({ binary, starter }), nu]])
      for (const more of starter === undefined ? [{}, { secrets }] : [{}]) {
        const cookie = 'fd-' + process.pid + '-' + n++;
        const place = { run: 'r', task: 't', attempt: 1, key: 'k', cookie, traceparent: 't', baseDir: folder, output() {} };
        const { output, error } = await runner.start({ ...place, with: work, dir: folder + '/' + cookie, ...more }).outcome;
        found.push(output?.stdout ?? output ?? error);
      }
  console.log(JSON.stringify(found));
  process.exit();
`;

describe('descriptors that a program inherited, whatever their numbers', () => {
  const library = builtLibrary();
  const folder = temporaryFolder();

  it.runIf(process.platform === 'linux')('lead to nothing of its own in its tasks', () => {
    const file = join(folder, 'not-for-tasks');
    writeFileSync(file, '');
    const told = JSON.stringify({ library, binary, folder });
    const start = 'exec 9<"$1" 50<"$1" 200<"$1"; shift; exec "$@"';
    const node = [process.execPath, '--input-type=module', '-e', ORCHESTRATOR, told];
    const found = JSON.parse(
      execFileSync('bash', ['-c', start, 'bash', file, ...node], { encoding: 'utf8' }),
    ) as string[];
    expect(found).toHaveLength(6);
    for (const list of found) {
      expect(list).toContain(' 1 -> ');
      expect(list).not.toContain('not-for-tasks');
    }
    for (const list of found.slice(-2)) expect(list).not.toMatch(/ (?:50|200) -> /);
  });
});
