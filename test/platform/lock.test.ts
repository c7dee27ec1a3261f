import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { exclusiveFile } from '../../src/platform/exclusive-file.js';
import { systemLocks } from '../../src/platform/lock.js';
import type { LockAttempt } from '../../src/platform/lock-attempt.js';
import { builtLibrary } from '../runners/built-library.js';
import { Holders, killed, newPaths, SINCE } from './lock-rig.js';

const newPath = newPaths();
const holders = new Holders(builtLibrary());
const { PATH } = process.env;
afterEach(() => {
  process.env.PATH = PATH;
});

const LATER = '2026-02-03T04:05:06.789Z';
const linux = platform() === 'linux';
const why = linux ? '' : ' (skipped: flock(1) is used on Linux only)';

/** Takes the lock in another process. */
const holds = (path: string, kind: 'flock' | 'exclusive') =>
  holders.start(
    kind === 'flock'
      ? `const { systemLocks } = await load('platform/lock.js');
         globalThis.lock = await systemLocks.acquire(${JSON.stringify(path)}, '${SINCE}');
         if (!('held' in lock)) throw lock;`
      : `const { exclusiveFile } = await load('platform/exclusive-file.js');
         const lock = await exclusiveFile(${JSON.stringify(path)}, '${SINCE}');
         if (!('held' in lock)) throw lock;`,
  );

async function release(attempt: LockAttempt): Promise<void> {
  if (!('held' in attempt)) throw new Error(`taken by ${JSON.stringify(attempt.takenBy)}`);
  await attempt.held.release();
}

const findFlock = (): string =>
  execFileSync('sh', ['-c', 'command -v flock'], { encoding: 'utf8' }).trim();

/** A folder in PATH whose `flock` is this script. */
function flockThat(script: string, mode = 0o755): void {
  const folder = join(dirname(newPath()), 'bin');
  mkdirSync(folder);
  writeFileSync(join(folder, 'flock'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'flock'), mode);
  process.env.PATH = mode === 0o755 ? `${folder}:${PATH}` : folder;
}

describe.each([
  ['the lock of this machine', 'flock', systemLocks.acquire],
  ['the lock for machines without flock(1)', 'exclusive', exclusiveFile],
] as const)('%s', (_, kind, acquire) => {
  it('is had by one only, and tells the others who has it and since when', async () => {
    const path = newPath();
    const first = await acquire(path, SINCE);
    expect(first).toHaveProperty('held');
    const second = await acquire(path, LATER);
    expect(second).toMatchObject({ takenBy: { pid: process.pid, since: SINCE } });
    await release(first);
  });

  it('is free again after release, over and over', async () => {
    const path = newPath();
    for (let round = 0; round < 3; round++) await release(await acquire(path, SINCE));
  });

  it('is had by one of many who ask at once', async () => {
    const path = newPath();
    const attempts = await Promise.all(Array.from({ length: 20 }, () => acquire(path, SINCE)));
    const got = attempts.filter((attempt) => 'held' in attempt);
    expect(got).toHaveLength(1);
    for (const attempt of got) await release(attempt);
  });

  it('is kept by a living process, and free the moment that is killed', async () => {
    const path = newPath();
    const holder = await holds(path, kind);
    expect(await acquire(path, LATER)).toMatchObject({
      takenBy: { pid: holder.child.pid, since: SINCE },
    });
    await killed(holder);
    await release(await acquire(path, LATER));
  });

  it('of a dead process is taken over by one of many who ask at once', async () => {
    const path = newPath();
    await killed(await holds(path, kind));
    const attempts = await Promise.all(Array.from({ length: 20 }, () => acquire(path, SINCE)));
    const got = attempts.filter((attempt) => 'held' in attempt);
    expect(got).toHaveLength(1);
    expect(readdirSync(dirname(path)).filter((name) => !/^lock(\.pid\.\d+)?$/.test(name))).toEqual(
      [],
    );
    for (const attempt of got) await release(attempt);
  });

  it('says what the system says when its file can not be made', async () => {
    await expect(acquire(join(newPath(), 'nowhere'), SINCE)).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});

describe.runIf(linux)(`flock${why}`, () => {
  it('writes down who has it, for its owner only, and blots it out in the end', async () => {
    const path = newPath();
    const lock = await systemLocks.acquire(path, SINCE);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      pid: process.pid,
      since: SINCE,
      host: expect.any(String),
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await release(lock);
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('is respected also when nobody wrote down who has it', async () => {
    const path = newPath();
    const script = `exec 9>>'${path}'; flock -x 9; echo holding; exec sleep 1000`;
    await holders.run('sh', ['-c', script]);
    expect(await systemLocks.acquire(path, SINCE)).toEqual({ takenBy: undefined });
  });

  it('is kept also when its file was removed, and is of another folder when that was renamed', async () => {
    const path = newPath();
    const lock = await systemLocks.acquire(path, SINCE);
    if (!('held' in lock)) throw lock;
    rmSync(path);
    expect(lock.held.isInPlace()).toBe(true);
    expect(await systemLocks.acquire(path, LATER)).toEqual({ takenBy: undefined });
    renameSync(dirname(path), `${dirname(path)}-renamed`);
    expect(lock.held.isInPlace()).toBe(false);
    expect(await systemLocks.acquire(`${dirname(path)}-renamed/lock`, LATER)).toEqual({
      takenBy: undefined,
    });
    renameSync(`${dirname(path)}-renamed`, dirname(path));
    expect(lock.held.isInPlace()).toBe(true);
    await release(lock);
  });

  it('is of the file alone where folders can not be locked, and held as long as that is there', async () => {
    const path = newPath();
    flockThat(`[ -d /proc/self/fd/3 ] && exit 65; exec ${findFlock()} "$@"`);
    const lock = await systemLocks.acquire(path, SINCE);
    if (!('held' in lock)) throw lock;
    expect(lock.held.isInPlace()).toBe(true);
    rmSync(path);
    expect(lock.held.isInPlace()).toBe(false);
    await release(lock);
  });

  it.each(['symlink', 'fifo', 'directory'])('is refused when its file is a %s', async (kind) => {
    const path = newPath();
    if (kind === 'symlink') symlinkSync('elsewhere', path);
    else if (kind === 'fifo') execFileSync('mkfifo', [path]);
    else mkdirSync(path);
    await expect(systemLocks.acquire(path, SINCE)).rejects.toMatchObject({
      code: 'NUFLOW_UNSAFE_FILE',
      message: expect.stringContaining(path),
    });
  });

  it('is not kept by the processes that its holder started', async () => {
    const path = newPath();
    const holder = await holders.start(
      `const { systemLocks } = await load('platform/lock.js');
       globalThis.lock = await systemLocks.acquire(${JSON.stringify(path)}, '${SINCE}');
       const { spawn } = await import('node:child_process');
       console.log(spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).pid);
       await new Promise((resolve) => setTimeout(resolve, 1e6));`,
    );
    await killed(holder);
    expect(() => process.kill(Number(holder.said), 0)).not.toThrow();
    await release(await systemLocks.acquire(path, LATER));
    process.kill(Number(holder.said), 'SIGKILL');
  });

  it('gives way to the other kind where there is no flock(1), or no flock in the file system', async () => {
    const path = newPath();
    process.env.PATH = dirname(path);
    const lock = await systemLocks.acquire(path, SINCE);
    expect(JSON.parse(readFileSync(`${path}.pid.1`, 'utf8'))).toMatchObject({ pid: process.pid });
    await release(lock);
    flockThat('exit 71');
    await release(await systemLocks.acquire(newPath(), SINCE));
  });

  it('does not give way when flock(1) can not be started now, or is killed', async () => {
    flockThat('exit 0', 0o644);
    await expect(systemLocks.acquire(newPath(), SINCE)).rejects.toMatchObject({ code: 'EACCES' });
    flockThat('kill -9 $$');
    await expect(systemLocks.acquire(newPath(), SINCE)).rejects.toThrow('SIGKILL');
  });
});

describe.runIf(linux)(`a lock of the one kind${why}`, () => {
  it('is respected by who uses the other', async () => {
    const path = newPath();
    const flock = await holds(path, 'flock');
    expect(await exclusiveFile(path, LATER)).toMatchObject({ takenBy: { pid: flock.child.pid } });
    await killed(flock);
    const exclusive = await holds(path, 'exclusive');
    expect(await systemLocks.acquire(path, LATER)).toMatchObject({
      takenBy: { pid: exclusive.child.pid },
    });
    await killed(exclusive);
    await release(await systemLocks.acquire(path, LATER));
  });
});

describe('the files of the kind for machines without flock(1)', () => {
  it.each(['', 'nonsense', '{"pid":1}', '{"pid":1,"startTime":"1","bootId":"x","since":""}'])(
    'name no living process when they say %j, and are followed by the next',
    async (content) => {
      const path = newPath();
      writeFileSync(`${path}.pid.7`, content);
      const lock = await exclusiveFile(path, SINCE);
      expect(JSON.parse(readFileSync(`${path}.pid.8`, 'utf8'))).toMatchObject({ pid: process.pid });
      await release(lock);
      expect(readFileSync(`${path}.pid.8`, 'utf8')).toBe('');
    },
  );

  it.each([
    ['host', { host: 'another' }],
    ['machine', { machine: '0123456789abcdef' }],
    ['PID namespace', { pidNamespace: 'pid:[1]' }],
  ])('keep everybody out when they name a process of another %s, dead or not', async (_, other) => {
    const path = newPath();
    const lock = await exclusiveFile(path, SINCE);
    const holder = JSON.parse(readFileSync(`${path}.pid.1`, 'utf8'));
    await release(lock);
    writeFileSync(`${path}.pid.2`, JSON.stringify({ ...holder, startTime: '1', ...other }));
    for (const acquire of [exclusiveFile, systemLocks.acquire])
      expect(await acquire(path, LATER)).toMatchObject({
        takenBy: { pid: process.pid, ...other },
        unsure: `${path}.pid.2`,
      });
    rmSync(`${path}.pid.2`);
    await release(await exclusiveFile(path, LATER));
  });

  it('don’t keep anybody out when their machine was started anew', async () => {
    const path = newPath();
    await release(await exclusiveFile(path, SINCE));
    const before = { pid: process.pid, startTime: '1', bootId: 'before', since: SINCE };
    const here = { host: hostname(), pidNamespace: 'pid:[1]' };
    writeFileSync(`${path}.pid.2`, JSON.stringify({ ...before, ...here }));
    await release(await exclusiveFile(path, LATER));
  });

  it('are held only as long as they are there', async () => {
    const path = newPath();
    const lock = await exclusiveFile(path, SINCE);
    if (!('held' in lock)) throw lock;
    expect(lock.held.isInPlace()).toBe(true);
    rmSync(`${path}.pid.1`);
    expect(lock.held.isInPlace()).toBe(false);
    const second = await exclusiveFile(path, LATER);
    expect(lock.held.isInPlace()).toBe(false);
    await release(lock);
    expect(await exclusiveFile(path, LATER)).toMatchObject({ takenBy: { since: LATER } });
    await release(second);
  });

  it('are refused when something else is in their place', async () => {
    const path = newPath();
    execFileSync('mkfifo', [`${path}.pid.1`]);
    await expect(exclusiveFile(path, SINCE)).rejects.toMatchObject({ code: 'NUFLOW_UNSAFE_FILE' });
    await expect(systemLocks.acquire(path, SINCE)).rejects.toMatchObject({
      code: 'NUFLOW_UNSAFE_FILE',
    });
  });

  it('stay few', async () => {
    const path = newPath();
    for (let round = 0; round < 30; round++) await release(await exclusiveFile(path, SINCE));
    expect(readdirSync(dirname(path)).length).toBeLessThan(10);
    expect(readdirSync(dirname(path))).toContain('lock.pid.30');
  });

  it('let one have the lock however many find a dead holder at once, over and over', async () => {
    for (let round = 0; round < 30; round++) {
      const path = newPath();
      writeFileSync(`${path}.pid.1`, '{"pid":1,"startTime":"1","bootId":"x","since":""}');
      const asked = Array.from({ length: 40 }, () => exclusiveFile(path, SINCE));
      const got = (await Promise.all(asked)).filter((attempt) => 'held' in attempt);
      expect(got).toHaveLength(1);
      for (const attempt of got) await release(attempt);
    }
  });

  it('are not missed when their folder is gone in the end', async () => {
    const path = newPath();
    const lock = await exclusiveFile(path, SINCE);
    rmSync(dirname(path), { recursive: true });
    await release(lock);
  });
});
