import { existsSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { processTable } from '../process/process-table.js';
import { isOurs, MEMORY, PREFIX } from './private-folder.js';

/** Name of the link that says whose a folder is: namespaces, and the attempt's own folder. */
const OWNER = 'owner';

/** Leaves word in a private folder whose it is, for the day nobody takes the attempt over. */
export function markOwner(folder: string, attemptDir: string): void {
  symlinkSync(`${namespaces()} ${attemptDir}`, join(folder, OWNER));
}

/**
 * Removes private folders that nobody will come for: their attempt's folder is gone, with its run or its data directory, and no
 * process of the attempt lives. Those of other namespaces are left: what is there can't be seen from here. Never throws.
 */
export async function sweepPrivateFolders(): Promise<void> {
  const abandoned = namesInMemory().filter(isAbandoned);
  if (abandoned.length === 0) return;
  const cookies = new Set((await processTable()).map(({ cookie }) => cookie));
  for (const name of abandoned)
    if (!cookies.has(name.slice(PREFIX.length))) remove(join(MEMORY, name));
}

function namesInMemory(): string[] {
  try {
    return readdirSync(MEMORY).filter((name) => name.startsWith(PREFIX));
  } catch {
    return []; // there is no such folder here
  }
}

function isAbandoned(name: string): boolean {
  const folder = join(MEMORY, name);
  if (!isOurs(folder)) return false;
  try {
    const owner = readlinkSync(join(folder, OWNER));
    const here = `${namespaces()} `;
    return owner.startsWith(here) && !existsSync(owner.slice(here.length));
  } catch {
    return false; // nothing says whose it is
  }
}

function namespaces(): string {
  return ['pid', 'mnt'].map((kind) => readlinkSync(`/proc/self/ns/${kind}`)).join(' ');
}

function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // The system clears such folders when the machine starts.
  }
}
