import { statfs } from 'node:fs/promises';
import { geteuid } from 'node:process';

/** Less than this is no space: a journal's next records may not find room, bytes. */
const LITTLE = 64 * 1024;

/** Whether the file system of the path has no space left, or no room for another file. False when it does not say. */
export async function isFull(path: string): Promise<boolean> {
  try {
    const { bsize, blocks, bavail, bfree, files, ffree } = await statfs(path);
    if (blocks === 0) return false;
    const free = geteuid?.() === 0 ? bfree : bavail; // what is kept for root is free for root
    return free * bsize < Math.min(LITTLE, (blocks * bsize) / 8) || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}
