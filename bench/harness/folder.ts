import { chmodSync, mkdtempSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where benchmarks write; a real disk, or the syncs mean nothing. */
const BASE = process.env.NUFLOW_BENCH_DIR ?? tmpdir();

let all: string | undefined;

/**
 * Calls `use` with a new folder. It stays until all is measured: on ext4 the removal of many files slows
 * down whoever creates files next, and that would be another contender.
 */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  all ??= newBase();
  return use(await mkdtemp(join(all, 'sample-')));
}

/** Passable for servers that run as users of their own. */
function newBase(): string {
  const base = mkdtempSync(join(BASE, 'nuflow-bench-'));
  chmodSync(base, 0o755);
  return base;
}

/** Removes all folders there were. */
export async function removeFolders(): Promise<void> {
  if (all !== undefined) await rm(all, { recursive: true, force: true });
  all = undefined;
}
