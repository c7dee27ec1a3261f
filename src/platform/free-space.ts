import { constants } from 'node:fs';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { isNoSpaceError } from '../errors.js';

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
    return geteuid?.() !== 0 || (await refusesToWrite(folder));
  } catch {
    return false;
  }
}

const { O_CREAT, O_NOFOLLOW = 0, O_TRUNC, O_WRONLY } = constants;

async function refusesToWrite(folder: string): Promise<boolean> {
  const path = join(folder, 'reserve.probe');
  try {
    const file = await open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
    try {
      await file.writeFile(PROBE);
    } finally {
      await file.close();
    }
    return false;
  } catch (error) {
    return isNoSpaceError(error);
  } finally {
    await rm(path, { force: true }).catch(() => {}); // the next look writes over it
  }
}
