import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { identify, isAlive } from '../../src/platform/process-identity.js';
import { Holders, killed } from './lock-rig.js';

const system = vi.hoisted(() => ({ name: '', shortages: 0 }));
vi.mock('node:os', async (original) => {
  const real = await original<typeof import('node:os')>();
  return { ...real, platform: () => system.name || real.platform() };
});
vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  const readFileSync = (...given: Parameters<typeof real.readFileSync>) => {
    if (system.shortages-- > 0) throw Object.assign(new Error('no descriptor'), { code: 'EMFILE' });
    return real.readFileSync(...given);
  };
  return { ...real, readFileSync };
});
afterEach(() => {
  system.name = '';
  system.shortages = 0;
});

const holders = new Holders('');
const started = async (): Promise<number> => {
  const { child } = await holders.run('sh', ['-c', 'echo begun; exec sleep 1000']);
  return child.pid as number;
};

/** Pid of a process that has ended and that nobody has waited for. */
async function zombie(): Promise<number> {
  const script = 'sleep 0 & echo $!; exec sleep 1000';
  const { said } = await holders.run('sh', ['-c', script]);
  return Number(said);
}

/** The pid of a process that is gone. */
async function gone(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid as number;
}

/** Waits until the process is no more, as far as `identify` sees. */
async function vanished(pid: number): Promise<void> {
  while ((await identify(pid)) !== undefined) await delay(5);
}

const linux = platform() === 'linux';
const ways = linux ? ['linux', 'darwin'] : ['darwin'];

describe.each(ways)('a process on %s', (name) => {
  it('is the same whenever it is looked at, and another than any other', async () => {
    system.name = name;
    const self = await identify(process.pid);
    expect(self).toMatchObject({ pid: process.pid, startTime: expect.stringMatching(/./) });
    expect(await identify(process.pid)).toEqual(self);
    const other = await identify(await started());
    expect(other?.pid).not.toBe(self?.pid);
  });

  it('is not taken for gone when there is no descriptor left to see it with', async () => {
    system.name = name;
    const identity = await identify(process.pid);
    system.shortages = 2;
    expect(identity && (await isAlive(identity))).toBe(true);
  });

  it('is alive until it has ended', async () => {
    system.name = name;
    const { child } = await holders.run('sh', ['-c', 'echo begun; exec sleep 1000']);
    const identity = await identify(child.pid as number);
    if (identity === undefined) throw new Error('it is not there');
    expect(await isAlive(identity)).toBe(true);
    await killed({ child });
    expect(await isAlive(identity)).toBe(false);
  });

  it('is not taken for one that had its pid before, or before the machine was started again', async () => {
    system.name = name;
    const self = await identify(process.pid);
    if (self === undefined) throw new Error('it is not there');
    expect(await isAlive({ ...self, startTime: `${self.startTime}0` })).toBe(false);
    expect(await isAlive({ ...self, bootId: 'another boot' })).toBe(false);
  });

  it('is no more when it is gone, or when only its exit status is left', async () => {
    system.name = name;
    expect(await identify(await gone())).toBeUndefined();
    await vanished(await zombie());
  });
});

describe.runIf(linux)('a process of Linux', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nuflow-identity-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('may be called anything', async () => {
    const pid = await started();
    const usual = await identify(pid);
    const program = join(folder, 'a) R 1 (b');
    const shell = realpathSync('/bin/sh');
    copyFileSync(shell, program);
    // Not exec, which would give it another name; a fifo that is open both ways never ends.
    const script = `mkfifo '${folder}/fifo' && echo begun && read line <> '${folder}/fifo'`;
    const { child } = await holders.run(program, ['-c', script]);
    const odd = await identify(child.pid as number);
    expect(odd?.bootId).toBe(usual?.bootId);
    expect(odd?.startTime).toMatch(/^\d+$/);
    expect(Number(odd?.startTime)).toBeGreaterThanOrEqual(Number(usual?.startTime));
  });
});
