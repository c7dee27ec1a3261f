import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makePrivateFolder, privateFolder } from '../../../src/runners/private/private-folder.js';
import { markOwner, sweepPrivateFolders } from '../../../src/runners/private/sweep-folders.js';
import { COOKIE } from '../../../src/runners/process/process-table.js';

const inMemory = platform() === 'linux' && existsSync('/dev/shm');
const why = inMemory ? '' : ' (skipped: there is no /dev/shm here)';

/** A private folder, as an attempt has it, and the attempt's own folder. */
function folders(): { cookie: string; dir: string; folder: string } {
  const dir = mkdtempSync(join(tmpdir(), 'nuflow-sweep-'));
  const cookie = `sweep-${process.pid}-${dir.slice(-6)}`;
  const folder = privateFolder(cookie, dir);
  onTestFinished(() => {
    for (const path of [dir, folder]) rmSync(path, { recursive: true, force: true });
  });
  makePrivateFolder(cookie, dir);
  writeFileSync(join(folder, 'result.json'), '{}');
  return { cookie, dir, folder };
}

describe.runIf(inMemory)(`private folders in memory${why}`, () => {
  it('are removed when their attempt’s folder is gone, and not before', async () => {
    const { dir, folder } = folders();
    markOwner(folder, dir);
    await sweepPrivateFolders();
    expect(existsSync(join(folder, 'result.json'))).toBe(true);
    rmSync(dir, { recursive: true });
    await sweepPrivateFolders();
    expect(existsSync(folder)).toBe(false);
  });

  it('are left as long as a process of the attempt lives', async () => {
    const { cookie, dir, folder } = folders();
    markOwner(folder, dir);
    rmSync(dir, { recursive: true });
    const child = spawn('sleep', ['1000'], { env: { ...process.env, [COOKIE]: cookie } });
    await once(child, 'spawn');
    await sweepPrivateFolders();
    expect(existsSync(folder)).toBe(true);
    child.kill();
    await once(child, 'exit');
    await sweepPrivateFolders();
    expect(existsSync(folder)).toBe(false);
  });

  it('are left when nothing says whose they are, or they are of another namespace', async () => {
    const { folder } = folders();
    await sweepPrivateFolders();
    symlinkSync('pid:[1] mnt:[1] /nowhere', join(folder, 'owner'));
    await sweepPrivateFolders();
    expect(existsSync(folder)).toBe(true);
    mkdirSync(join(folder, 'more'));
  });
});
