import { recentStarts } from '../journal/catalog/recent-starts.js';
import type { RunIndex } from '../journal/catalog/run-index.js';
import type { DataDir } from '../journal/data-dir/data-dir.js';
import type { PoolOptions } from '../queue/executor.js';
import type { PQueueExecutor } from '../queue/p-queue-executor.js';

/** Lets rates count what started before this process came. Without rates nothing is read. */
export async function rememberStarts(
  executor: PQueueExecutor,
  pools: Readonly<Record<string, PoolOptions>> | undefined,
  { dir, index, now }: { dir: DataDir; index: RunIndex; now: number },
): Promise<void> {
  const intervalsMs = new Map(
    Object.entries(pools ?? {}).flatMap(([name, { rate }]) =>
      rate === undefined ? [] : [[name, rate.intervalMs] as const],
    ),
  );
  if (intervalsMs.size === 0) return;
  const ages = await recentStarts(dir, index.list(), intervalsMs, now);
  for (const [pool, agesMs] of ages) executor.remember(pool, agesMs);
}
