import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ProcessIdentity } from '../../../src/platform/process-identity.js';
import { filterCookie } from '../../../src/runners/private/filter.js';
import { privateFolders } from '../../../src/runners/private/private-folder.js';
import { processTable } from '../../../src/runners/process/process-table.js';
import type { Attempt, Runner } from '../../../src/runners/runner.js';
import { Redactor } from '../../../src/secrets/redactor.js';
import { AttemptRig, NUSHELLS, temporaryFolder } from '../attempts.js';
import { builtLibrary } from '../built-library.js';

/** Prints a secret in tables of all kinds, then fails with some of them. */
const TABLES = `
  let t = $env.JWT
  print {token: $t}
  print [$t]
  print [[a token b]; [1 $t xx] [2 $t yy]]
  print {a: {b: {token: $t}}}
  print -e {token: $t}
  {a: {b: [{token: $t}]}} | table -e | print
  for width in [30 40 80 200] {
    {token: $t} | table -w $width | print
    [$t] | table -w $width | print
    {a: {b: {token: $t}}} | table -e -w $width | print
    {token: $t} | table -w $width | ansi gradient --fgstart '0x40c9ff' --fgend '0xe81cff' | ansi strip | print
  }
  for theme in (table --list) { {token: $t} | table -w 60 --theme $theme | print }
  for theme in (table --list) { [[token]; [$t]] | table -w 60 --theme $theme | print }
  error make {msg: ({token: $t} | table -w 60)}
`;
const TOKEN = 'v3ry-s3cret "token"';
const [[, binary]] = NUSHELLS;

/** Starts one attempt, tells who it is once it has printed something, then just stays. */
const ORCHESTRATOR = `
  const { library, binary, attempt, secrets } = JSON.parse(process.argv[1]);
  const { NushellRunner } = await import(library + '/runners/index.js');
  const { Redactor } = await import(library + '/secrets/redactor.js');
  let onOutput;
  const printed = new Promise((resolve) => (onOutput = resolve));
  const place = { ...attempt, output: onOutput, secrets: { redactor: new Redactor(secrets), complete: true } };
  const execution = new NushellRunner({ binary }).start(place);
  await printed;
  console.log(JSON.stringify(await execution.spawned));
  setInterval(() => {}, 1000);
`;

/** Runs what its arguments say where /dev/shm can't be written to. */
const HIDE_MEMORY = 'mount -t tmpfs -o ro none /dev/shm && exec "$@"';
const WITHOUT_MEMORY = `
  const { library, binary, attempt, secrets } = JSON.parse(process.argv[1]);
  const { NushellRunner } = await import(library + '/runners/index.js');
  const { resultPath } = await import(library + '/runners/private/private-folder.js');
  const { Redactor } = await import(library + '/secrets/redactor.js');
  const place = { ...attempt, output() {}, secrets: { redactor: new Redactor(secrets), complete: true } };
  const outcome = await new NushellRunner({ binary }).start(place).outcome;
  console.log(JSON.stringify({ outcome, result: resultPath(place) }));
`;

/** Why /dev/shm can't be hidden here; undefined when it can. */
function hiddenMemory(): string | undefined {
  try {
    execFileSync('unshare', ['--mount', 'sh', '-c', HIDE_MEMORY, 'sh', 'true'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `/dev/shm can't be hidden: ${(error as Error).message}`;
  }
}

describe('an attempt that is given secrets', () => {
  const library = builtLibrary();
  const all = temporaryFolder();
  const secrets = { redactor: new Redactor([{ name: 'TOKEN', value: TOKEN }]), complete: true };
  let nu: Runner;
  let shell: Runner;
  beforeAll(async () => {
    const built = (await import(
      `${library}/runners/index.js`
    )) as typeof import('../../../src/runners/index.js');
    nu = new built.NushellRunner({ binary });
    shell = new built.ShellRunner();
  });

  const begin = (settings: Attempt['with'], more: Partial<Attempt> = {}) => {
    const folder = mkdtempSync(join(all, 'run-'));
    const rig = new AttemptRig(folder, { with: settings, secrets, ...more });
    return { rig, folder, go: () => writeFileSync(join(folder, 'go'), '') };
  };
  const read = (rig: AttemptRig, name: string) => readFileSync(join(rig.attempt.dir, name), 'utf8');
  const traces = async (rig: AttemptRig) => {
    const { cookie, dir } = rig.attempt;
    const folders = privateFolders(cookie, dir).filter(existsSync);
    const filters = (await processTable()).filter((it) => it.cookie === filterCookie(cookie));
    return [...folders, ...filters, ...(await rig.processes())];
  };

  it('has them on its standard input, and prints and gives back what is redacted', async () => {
    const code = 'print $input; print -e $input; print -n ($input | encode base64); {is: $input}';
    const { rig } = begin({ code, input: TOKEN });
    expect(await rig.start(nu).outcome).toEqual({
      status: 'succeeded',
      output: { is: '[secret TOKEN]' },
    });
    expect(read(rig, 'stdout.log')).toBe('[secret TOKEN]\n[secret TOKEN]');
    expect(read(rig, 'stderr.log')).toBe('[secret TOKEN]\n');
    expect(read(rig, 'input.json')).toBe('{"input":"[secret TOKEN]"}');
    expect(read(rig, 'result.json')).toBe('{"ok":true,"value":{"is":"[secret TOKEN]"}}');
    expect(rig.text('stdout')).toBe('[secret TOKEN]\n[secret TOKEN]');
    expect(await traces(rig)).toEqual([]);
  });

  it('gets exactly what it was given, and what it prints is otherwise as it was, to the byte', async () => {
    const script = 'cat; printf "\\377\\000%s\\376" "$TOKEN"; head -c 300000 /dev/zero';
    const { rig } = begin({ command: 'sh', args: ['-c', script], stdin: TOKEN, env: { TOKEN } });
    await rig.start(shell).outcome;
    const mark = Buffer.from('[secret TOKEN]');
    const expected = [
      mark,
      Buffer.from([0xff, 0]),
      mark,
      Buffer.from([0xfe]),
      Buffer.alloc(300_000),
    ];
    expect(readFileSync(join(rig.attempt.dir, 'stdout.log'))).toEqual(Buffer.concat(expected));
  });

  it('has all it printed in its logs when it has ended, however much', async () => {
    const script = 'i=0; while [ $i -lt 20000 ]; do echo "$i $TOKEN"; i=$((i + 1)); done';
    const { rig } = begin({ command: 'sh', args: ['-c', script], env: { TOKEN } });
    expect(await rig.start(shell).outcome).toMatchObject({ status: 'succeeded' });
    const lines = read(rig, 'stdout.log').trimEnd().split('\n');
    expect(lines).toHaveLength(20_000);
    expect(lines.at(-1)).toBe('19999 [secret TOKEN]');
  });

  it('is heard while it works, also before the line is whole', async () => {
    const { rig, go } = begin({
      command: 'sh',
      args: ['-c', 'printf "password for %s: " "$TOKEN"; until [ -e go ]; do sleep 0.02; done'],
      env: { TOKEN },
    });
    const execution = rig.start(shell);
    await rig.printed(/password for \[secret TOKEN\]: /);
    go();
    await execution.outcome;
  });

  it('can’t have them in arguments', async () => {
    const { rig } = begin({ command: 'echo', args: ['-n', `token=${TOKEN}`] });
    expect(await rig.start(shell).outcome).toMatchObject({
      error: {
        code: 'NUFLOW_SECRET_ARGUMENT',
        message: expect.stringMatching(/^args\.1: .* list of/),
      },
    });
  });

  it('leaves a server that it started to itself, and its log goes on', async () => {
    const server = '(until [ -e go ]; do sleep 0.02; done; echo "late $TOKEN"; touch done) &';
    const { rig, folder, go } = begin({
      command: 'sh',
      args: ['-c', `${server} echo early`],
      env: { TOKEN },
    });
    expect(await rig.start(shell).outcome).toMatchObject({ output: { stdout: 'early\n' } });
    go();
    while (!existsSync(join(folder, 'done')) || (await traces(rig)).length > 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(read(rig, 'stdout.log')).toBe('early\nlate [secret TOKEN]\n');
  });

  /** Shell code that ends the filter of its own attempt and waits until it is gone. */
  const endFilter =
    'for p in /proc/[0-9]*; do if grep -qsz "^NUFLOW_COOKIE=filter-$NUFLOW_COOKIE$" $p/environ; then kill -9 $(basename $p); while grep -qsz "^NUFLOW_COOKIE=" $p/environ; do sleep 0.01; done; fi; done';

  it('has not succeeded when what it printed was lost with its filter', async () => {
    const args = ['-c', `trap "" PIPE; echo exists; ${endFilter}; echo "$TOKEN"; exit 0`];
    const { rig } = begin({ command: 'sh', args, env: { TOKEN } });
    const lost = { status: 'failed', error: { code: 'NUFLOW_OUTPUT_LOST' } };
    expect(await rig.start(shell).outcome).toMatchObject(lost);
    expect(await shell.adopt?.(rig.attempt, undefined).outcome).toMatchObject(lost);
    expect(read(rig, 'stderr.log')).toContain('[nuflow: output was lost here]');
  });

  it.each(NUSHELLS)('leaves no part of a secret in tables of Nushell %s', async (_, nushell) => {
    const { NushellRunner } = (await import(
      `${library}/runners/index.js`
    )) as typeof import('../../../src/runners/index.js');
    for (const length of [20, 70, 2_000]) {
      const value = randomBytes(length).toString('base64url').slice(0, length);
      const redactor = new Redactor([{ name: 'JWT', value }]);
      const { rig } = begin(
        { code: TABLES, env: { JWT: value }, input: value },
        { secrets: { redactor, complete: true } },
      );
      const outcome = await rig.start(new NushellRunner({ binary: nushell })).outcome;
      const shown = [read(rig, 'stdout.log'), read(rig, 'stderr.log'), JSON.stringify(outcome)];
      const parts = Array.from({ length: length - 11 }, (_, at) => value.slice(at, at + 12));
      expect(shown.join('\n').split('[secret JWT]').length).toBeGreaterThan(20);
      expect(parts.filter((part) => shown.some((text) => text.includes(part)))).toEqual([]);
    }
  });

  it('keeps a result that did not pass through the filter that was ended', async () => {
    const { rig } = begin({ code: `^sh -c r#'${endFilter}'#; 7`, input: TOKEN });
    expect(await rig.start(nu).outcome).toEqual({ status: 'succeeded', output: 7 });
    expect(read(rig, 'stderr.log')).toContain('[nuflow: output was lost here]');
  });

  it.each(['interrupt', 'kill'] as const)('leaves nothing after %s', async (how) => {
    const code = `print $input; ^setsid --fork sh -c 'trap "" INT; sleep 60; sleep 60'; sleep 60sec`;
    const { rig } = begin({ code, input: TOKEN });
    const execution = rig.start(nu);
    await rig.printed(/\[secret TOKEN\]/);
    execution.stop(how);
    expect((await execution.outcome).status).not.toBe('succeeded');
    expect(await traces(rig)).toEqual([]);
    expect(read(rig, 'stdout.log')).toBe('[secret TOKEN]\n');
  });

  it('fails, and leaves nothing, when its program can’t be started', async () => {
    const { rig } = begin({ command: 'true', cwd: 'nowhere', env: { TOKEN } });
    expect(await rig.start(shell).outcome).toMatchObject({
      error: { code: 'NUFLOW_SPAWN_FAILED' },
    });
    expect(await traces(rig)).toEqual([]);
  });

  it('does without a folder in memory, where there is none', async (context) => {
    const why = hiddenMemory();
    if (why !== undefined) return context.skip(why);
    const { rig } = begin({ code: '{is: $input}', input: TOKEN });
    const known = rig.attempt.secrets?.redactor.secrets;
    const argument = JSON.stringify({ library, binary, attempt: rig.attempt, secrets: known });
    const node = [process.execPath, '--input-type=module', '-e', WITHOUT_MEMORY, argument];
    const outcome = execFileSync('unshare', ['--mount', 'sh', '-c', HIDE_MEMORY, 'sh', ...node]);
    expect(JSON.parse(outcome.toString())).toEqual({
      outcome: { status: 'succeeded', output: { is: '[secret TOKEN]' } },
      result: join(rig.attempt.dir, 'private/result.json'),
    });
    expect(read(rig, 'result.json')).toBe('{"ok":true,"value":{"is":"[secret TOKEN]"}}');
    expect(await traces(rig)).toEqual([]);
  });

  describe('of a dead orchestrator', () => {
    const startAndDie = async (rig: AttemptRig): Promise<ProcessIdentity> => {
      const known = rig.attempt.secrets?.redactor.secrets;
      const argument = JSON.stringify({ library, binary, attempt: rig.attempt, secrets: known });
      const child = spawn(process.execPath, ['--input-type=module', '-e', ORCHESTRATOR, argument], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'exit');
      return JSON.parse(String(line)) as ProcessIdentity;
    };
    const waits = `print $"early ($input)"; while not ('go' | path exists) { sleep 5ms }; print $"late ($input)"; $input`;

    it('goes on, is waited for, and is redacted as before', async () => {
      const { rig, go } = begin({ code: waits, input: TOKEN });
      const identity = await startAndDie(rig);
      const adopted = nu.adopt?.(rig.attempt, identity);
      go();
      expect(await adopted?.outcome).toEqual({ status: 'succeeded', output: '[secret TOKEN]' });
      expect(read(rig, 'stdout.log')).toBe('early [secret TOKEN]\nlate [secret TOKEN]\n');
      expect(await traces(rig)).toEqual([]);
    });

    it('is found by its cookie, not taken for its filter', async () => {
      const { rig, go } = begin({ code: waits, input: TOKEN });
      const identity = await startAndDie(rig);
      const adopted = nu.adopt?.(rig.attempt, undefined);
      expect(await adopted?.spawned).toEqual(identity);
      go();
      expect(await adopted?.outcome).toEqual({ status: 'succeeded', output: '[secret TOKEN]' });
    });

    it('has its result redacted also when it ended before anybody came', async () => {
      const { rig, go } = begin({ code: waits, input: TOKEN });
      const identity = await startAndDie(rig);
      go();
      while ((await rig.processes()).length > 0)
        await new Promise((resolve) => setTimeout(resolve, 10));
      expect(existsSync(join(rig.attempt.dir, 'result.json'))).toBe(false);
      const adopted = nu.adopt?.(rig.attempt, identity);
      expect(await adopted?.outcome).toEqual({ status: 'succeeded', output: '[secret TOKEN]' });
      expect(read(rig, 'result.json')).not.toContain('v3ry');
      expect(await traces(rig)).toEqual([]);
    });

    it('is interrupted when its secrets are not known any more, and nothing is kept', async () => {
      const { rig, go } = begin({ code: waits, input: TOKEN });
      const identity = await startAndDie(rig);
      const unknown = { redactor: new Redactor([]), complete: false };
      const adopted = nu.adopt?.({ ...rig.attempt, secrets: unknown }, identity);
      go();
      expect(await adopted?.outcome).toEqual({ status: 'interrupted' });
      expect(read(rig, 'stdout.log')).toBe('early [secret TOKEN]\nlate [secret TOKEN]\n');
      expect(await traces(rig)).toEqual([]);
    });

    it.each(['interrupt', 'kill'] as const)('leaves nothing after %s', async (how) => {
      const { rig } = begin({ code: waits, input: TOKEN });
      const adopted = nu.adopt?.(rig.attempt, await startAndDie(rig));
      adopted?.stop(how);
      await adopted?.outcome;
      expect(await traces(rig)).toEqual([]);
    });
  });
});
