import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exclusiveFile } from '../../src/platform/exclusive-file.js';
import { systemLocks } from '../../src/platform/lock.js';
import { lookAtLock } from '../../src/platform/lock-look.js';

const NOW = '2026-01-01T00:00:00.000Z';
let dir: string;
let lock: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nuflow-look-'));
  lock = join(dir, 'lock');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a look at a lock', () => {
  it('sees nobody where there is none', async () => {
    expect(await lookAtLock(lock)).toBeUndefined();
  });

  it('sees since when it is held, and takes nothing', async () => {
    const attempt = await systemLocks.acquire(lock, NOW);
    if (!('held' in attempt)) throw new Error('not free');
    expect(await lookAtLock(lock)).toEqual({ since: NOW });
    await attempt.held.release();
    expect(await lookAtLock(lock)).toBeUndefined();
    expect(await systemLocks.acquire(lock, NOW)).toHaveProperty('held');
  });

  it('sees one that is held by a file alone', async () => {
    const attempt = await exclusiveFile(lock, NOW);
    expect(await lookAtLock(lock)).toBeDefined();
    if ('held' in attempt) await attempt.held.release();
    expect(await lookAtLock(lock)).toBeUndefined();
  });

  it('does not take a dead process for one that has it, and can not judge one of another machine', async () => {
    const dead = { pid: process.pid, startTime: '1', bootId: 'before', since: NOW };
    writeFileSync(lock, JSON.stringify({ ...dead, host: hostname() }));
    expect(await lookAtLock(lock)).toBeUndefined();
    writeFileSync(lock, JSON.stringify({ ...dead, host: 'elsewhere' }));
    expect(await lookAtLock(lock)).toEqual({});
  });
});
