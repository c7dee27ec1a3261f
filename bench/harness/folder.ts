import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where benchmarks write; a real disk, or the syncs mean nothing. */
const BASE = process.env.NUFLOW_BENCH_DIR ?? tmpdir();

/** Calls `use` with a new folder and removes it after. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(BASE, 'nuflow-bench-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
