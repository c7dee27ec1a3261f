import { closeSync, rmSync, writeSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { isNoSpaceError } from '../errors.js';
import { createRegular } from './regular-file.js';

/** Less than this is no space: a journal's next records may not find room, bytes. */
const LITTLE = 64 * 1024;
/** What is written to see whether anything can be, bytes. */
const PROBE = Buffer.alloc(4 * 1024, 0x78);

/** Whether the file system of a folder has no space left, or no room for another file. False when it does not say. */
export async function isFull(folder: string): Promise<boolean> {
  try {
    const { bsize, blocks, bavail, files, ffree } = await statfs(folder);
    if (blocks === 0) return false;
    if (files > 0 && ffree === 0) return true;
    if (bavail * bsize >= Math.min(LITTLE, (blocks * bsize) / 8)) return false;
    // What is kept for root is free for root, but for a part that ext4 keeps from all, and does not tell of.
    return geteuid?.() !== 0 || refusesToWrite(folder);
  } catch {
    return false;
  }
}

/** Made anew, so that nothing that a task put there is waited for or followed. */
function refusesToWrite(folder: string): boolean {
  const path = join(folder, 'reserve.probe');
  try {
    const file = createRegular(path);
    try {
      return writeSync(file, PROBE) < PROBE.length;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return isNoSpaceError(error);
  } finally {
    rmSync(path, { force: true });
  }
}
