import { describe, expect, it } from 'vitest';
import { DataDir } from '../../src/journal/data-dir/data-dir.js';
import { lockDataDir } from '../../src/journal/data-dir/lock-data-dir.js';
import { UnsafeFileError } from '../../src/platform/own-file.js';
import { type Platform, systemPlatform } from '../../src/platform/platform.js';
import { MemoryFileSystem } from '../support/memory-file-system.js';

const dir = new DataDir(new MemoryFileSystem(), "/it's data");

/** A platform whose locks answer so. */
function platformWhere(acquire: Platform['locks']['acquire']): Platform {
  return { ...systemPlatform, locks: { ...systemPlatform.locks, acquire } };
}

describe('locking a data directory', () => {
  it('names a holder of which can not be told whether it lives, and what to type', async () => {
    const takenBy = { pid: 7, host: 'other', since: '2026-01-02', startTime: '', bootId: '' };
    const unsure = "/it's data/lock.pid.1";
    const platform = platformWhere(async () => ({ takenBy, unsure }));
    await expect(lockDataDir(platform, dir)).rejects.toMatchObject({
      code: 'NUFLOW_LOCKED_ELSEWHERE',
      message: expect.stringMatching(/process 7 on host other.*type: rm '\/it'\\''s data\/lock/),
      details: { pid: 7, host: 'other', since: '2026-01-02', file: unsure },
    });
  });

  it('says so too of a holder that left no name', async () => {
    const platform = platformWhere(async () => ({ takenBy: undefined, unsure: '/x' }));
    await expect(lockDataDir(platform, dir)).rejects.toMatchObject({
      code: 'NUFLOW_LOCKED_ELSEWHERE',
      message: expect.stringContaining('process unknown on host unknown'),
    });
  });

  it('tells what is in the way from what the system refused', async () => {
    const refused = async (error: Error) =>
      lockDataDir(
        platformWhere(() => Promise.reject(error)),
        dir,
      );
    const unsafe = new UnsafeFileError('/it', 'is a named pipe');
    await expect(refused(unsafe)).rejects.toBe(unsafe);
    await expect(refused(new Error('EACCES'))).rejects.toMatchObject({ code: 'NUFLOW_DATA_DIR' });
  });
});
