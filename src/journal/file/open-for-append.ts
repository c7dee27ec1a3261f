import { dirname } from 'node:path';
import type { FileSystem, OpenFile } from '../../platform/file-system.js';
import type { Platform } from '../../platform/platform.js';
import { copyRest } from './copy-rest.js';
import type { ScanEnd } from './scan.js';
import { syncFolder } from './sync-folder.js';

/** A scanned journal ready to append to: its torn end cut off, and all that was read on disk. */
export async function openForAppend(
  platform: Platform,
  path: string,
  at: ScanEnd,
): Promise<OpenFile> {
  const file = await platform.fileSystem.open(path, 'append');
  try {
    if (at.tornBytes > 0) await cutTorn(platform, path, file, at);
    await rewriteUnproven(platform.fileSystem, path, file, at);
    await syncAll([file.sync(), syncNames(platform.fileSystem, path)]);
    return file;
  } catch (error) {
    await file.close().catch(() => {}); // the error that led here matters more
    throw error;
  }
}

/**
 * What was read may only be in the page cache, and its name in the folder's: both count once synced. Waits for both also when one
 * fails: were the other to fail while somebody opens the journal again, what that one has read would be gone from the cache.
 */
async function syncAll(syncs: readonly Promise<unknown>[]): Promise<void> {
  const ended = await Promise.allSettled(syncs);
  for (const sync of ended) if (sync.status === 'rejected') throw sync.reason;
}

const CHUNK = 1024 * 1024;

/**
 * Writes what no record claims to have been synced over itself. A sync of it may have failed: then the
 * system counts it as written, shows it to readers, and never tries again (fsyncgate).
 */
async function rewriteUnproven(
  fileSystem: FileSystem,
  path: string,
  file: OpenFile,
  { proven, offset }: ScanEnd,
): Promise<void> {
  for (let at = proven; at < offset; ) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, offset - at));
    const length = await file.read(chunk, at);
    if (length === 0) throw new Error('it became shorter');
    await fileSystem.rewrite(path, chunk.subarray(0, length), at);
    at += length;
  }
}

/** Syncs the folder of the journal and the one around it, which holds all runs. */
export function syncNames(fileSystem: FileSystem, path: string): Promise<unknown> {
  const folder = dirname(path);
  return Promise.all([syncFolder(fileSystem, folder), syncFolder(fileSystem, dirname(folder))]);
}

/** Keeps the torn end beside the journal, durably, then cuts it off. */
async function cutTorn(
  { fileSystem, random }: Platform,
  path: string,
  file: OpenFile,
  { offset, seq }: ScanEnd,
): Promise<void> {
  const kept = await fileSystem.open(`${path}.torn-${seq + 1}-${random.hex(4)}`, 'create');
  try {
    await copyRest(file, offset, kept);
    await kept.sync();
  } finally {
    await kept.close();
  }
  await syncFolder(fileSystem, dirname(path));
  await file.truncate(offset);
}
