import { chmodSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAlive } from '../../src/platform/process-identity.js';
import type { ProcessEnd } from '../../src/runners/process/process.js';
import type { ProcessStarter } from '../../src/runners/process/process-starter.js';
import { temporaryFolder } from '../runners/attempts.js';
import { NAUGHTY_STRINGS } from './naughty-strings.js';

/** What every ProcessStarter promises. */
export function starterContract(name: string, make: () => ProcessStarter): void {
  describe(`${name} as a starter of processes`, () => {
    const folder = temporaryFolder();
    let count = 0;
    let starter: ProcessStarter | undefined;

    const begin = (file: string, args: readonly string[] = [], more: Begin = {}) => {
      starter ??= make();
      const dir = more.dir ?? join(folder, String(count++), '1');
      const { cwd = folder, env = {}, stdin = '' } = more;
      const starting = starter.start(dir, { file, args, cwd, env, stdin });
      const read = (log: string): string => readFileSync(join(dir, log), 'utf8');
      return { ...starting, dir, read };
    };
    const shell = (script: string, more: Begin = {}) => begin('/bin/sh', ['-c', script], more);

    it('tells the exit code, or the signal', async () => {
      expect(await shell('exit 3').ended).toEqual({ kind: 'exited', exitCode: 3 });
      expect(await shell('exit 0').ended).toEqual({ kind: 'exited', exitCode: 0 });
      expect(await shell('kill -9 $$').ended).toEqual({ kind: 'signalled', signal: 'SIGKILL' });
    });

    it('tells who the process is while it runs', async () => {
      const { spawned, ended } = shell('read line; kill -TERM $$', { stdin: 'x\n' });
      const identity = await spawned;
      expect(identity?.pid).toBeGreaterThan(1);
      await ended;
      expect(identity && (await isAlive(identity))).toBe(false);
    });

    it('tells who the process was, also when it has ended already', async () => {
      const { spawned, ended } = begin('/bin/true');
      await ended;
      expect((await spawned)?.startTime).toMatch(/^\d+$/);
    });

    it('tells why a program could not be started', async () => {
      const plain = join(folder, 'plain');
      writeFileSync(plain, 'text');
      chmodSync(plain, 0o600);
      const errno = async (...call: Parameters<typeof begin>) => {
        const { spawned, ended } = begin(...call);
        const end = await ended;
        expect(await spawned).toBe(undefined);
        return end.kind === 'notStarted' ? end.errno : end.kind;
      };
      expect(await errno('/no/such/program')).toBe('ENOENT');
      expect(await errno('/bin/true', [], { cwd: '/no/such/folder' })).toBe('ENOENT');
      expect(await errno(plain)).toBe('EACCES');
      expect(await errno('/bin/true', ['x'.repeat(200_000)])).toBe('E2BIG');
      writeFileSync(join(folder, 'file'), '');
      expect(await errno('/bin/true', [], { dir: join(folder, 'file', '1') })).toBe(
        'NUFLOW_NOT_A_FILE',
      );
    });

    it('brings arguments, environment and standard input to the program byte for byte', async () => {
      const args = NAUGHTY_STRINGS.filter((text) => text.length < 1000);
      const printed = begin('/usr/bin/printf', ['%s\\0', ...args]);
      await printed.ended;
      expect(printed.read('stdout.log').split('\0').slice(0, -1)).toEqual(args);
      const env = Object.fromEntries(args.map((text, i) => [`V${i}`, text]));
      const shown = begin('/usr/bin/env', ['-0'], { env });
      await shown.ended;
      const lines = Object.entries(env).map(([key, value]) => `${key}=${value}`);
      expect(new Set(shown.read('stdout.log').split('\0').slice(0, -1))).toEqual(new Set(lines));
      const stdin = NAUGHTY_STRINGS.join('\n').repeat(50);
      const copied = begin('/bin/cat', [], { stdin });
      await copied.ended;
      expect(copied.read('stdout.log')).toBe(stdin);
    });

    it('runs the program in its folder, with nothing of the environment of whoever starts it', async () => {
      mkdirSync(join(folder, 'some where'), { recursive: true });
      const { ended, read } = shell('pwd; /usr/bin/env >&2', { cwd: join(folder, 'some where') });
      await ended;
      expect(read('stdout.log')).toBe(`${join(folder, 'some where')}\n`);
      expect(read('stderr.log')).not.toContain('NUFLOW');
      expect(read('stderr.log')).not.toContain('NODE');
    });

    it('hands on no descriptors but those of the three files', async () => {
      const { ended, read, dir } = begin('/bin/ls', ['-l', '/proc/self/fd']);
      await ended;
      const open = [...read('stdout.log').matchAll(/(\d+) -> (.*)/g)];
      const files = ['input.json', 'stdout.log', 'stderr.log'];
      for (const [fd, file] of files.entries()) expect(open[fd]?.[2]).toBe(join(dir, file));
      // What whoever runs the tests lets through to everybody is not the starter's.
      const own = open.slice(3).filter(([, fd, path]) => !isInherited(fd, path));
      expect(own.map(([text]) => text)).toEqual([expect.stringMatching(/\/proc\/\d+\/fd$/)]);
    });

    it('gives the program a session of its own, and default signals', async () => {
      const session = shell('ps -o sess= -p $$');
      await session.ended;
      expect(Number(session.read('stdout.log'))).toBe((await session.spawned)?.pid);
      const signals = begin('/bin/grep', ['-E', '^Sig(Ign|Blk)', '/proc/self/status']);
      await signals.ended;
      for (const mask of signals.read('stdout.log').trim().split('\n'))
        expect(mask).toMatch(/\t0{16}$/);
    });

    it('makes the folder and files for their owner only, empty of what was there before', async () => {
      const first = shell('echo once; exit 1', { stdin: 'a long input' });
      await first.ended;
      writeFileSync(join(first.dir, 'result.json'), '{}');
      const again = shell('cat; printf again', { dir: first.dir, stdin: 'short,' });
      await again.ended;
      expect(again.read('stdout.log')).toBe('short,again');
      expect(() => again.read('result.json')).toThrow('ENOENT');
      expect(statSync(first.dir).mode & 0o777).toBe(0o700);
      for (const file of ['input.json', 'stdout.log', 'stderr.log'])
        expect(statSync(join(first.dir, file)).mode & 0o777).toBe(0o600);
    });

    it('leaves no zombie', async () => {
      const identities = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const { spawned, ended } = begin('/bin/true');
          await ended;
          return spawned;
        }),
      );
      for (const identity of identities)
        expect(() => readFileSync(`/proc/${identity?.pid}/stat`)).toThrow(/ENOENT|ESRCH/);
    });

    it('starts many at once and mixes up none of them', async () => {
      const codes = Array.from({ length: 60 }, (_, i) => i);
      const ends = await Promise.all(codes.map((code) => shell(`exit ${code}`).ended));
      expect(ends).toEqual(codes.map((exitCode): ProcessEnd => ({ kind: 'exited', exitCode })));
    });

    it('lets processes go on when it is closed', async () => {
      const { spawned } = shell('while :; do sleep 0.05; done');
      const identity = await spawned;
      await starter?.close();
      expect(identity && (await isAlive(identity))).toBe(true);
      process.kill(-(identity?.pid ?? Number.NaN), 'SIGKILL');
    });
  });
}

/** Whether this process has the same on the same descriptor. */
function isInherited(fd: string | undefined, path: string | undefined): boolean {
  try {
    return [readlinkSync(`/proc/self/fd/${fd}`), '/dev/null'].includes(path ?? '');
  } catch {
    return false;
  }
}

interface Begin {
  readonly dir?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}
