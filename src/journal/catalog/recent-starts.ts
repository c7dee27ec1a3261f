import type { DataDir } from '../data-dir/data-dir.js';
import type { RecordOf } from '../records/record.js';
import type { RunSummary } from '../records/summary.js';

/**
 * How long ago tasks of pools with a rate started in the runs of a data directory, ms, by pool: those starts that still
 * count. `intervalsMs`: the interval of each such pool's rate. A start of which the wall clock says that it is yet to
 * come counts as one of now.
 */
export async function recentStarts(
  dir: DataDir,
  runs: readonly RunSummary[],
  intervalsMs: ReadonlyMap<string, number>,
  now: number,
): Promise<Map<string, number[]>> {
  const longestMs = Math.max(0, ...intervalsMs.values());
  const ages = new Map<string, number[]>();
  for (const { id, endedAt } of runs) {
    if (endedAt !== undefined && now - Date.parse(endedAt) > longestMs) continue;
    try {
      for await (const [pool, at] of startsOf(dir, id, intervalsMs)) {
        const age = Math.max(0, now - at);
        if (age < (intervalsMs.get(pool) as number)) of(ages, pool).push(age);
      }
    } catch {
      // What is wrong with a journal is said by whoever resumes or inspects its run.
    }
  }
  return ages;
}

function of(ages: Map<string, number[]>, pool: string): number[] {
  const known = ages.get(pool) ?? [];
  ages.set(pool, known);
  return known;
}

/** Pool and instant of each start of a run's tasks in one of the pools. */
async function* startsOf(
  dir: DataDir,
  run: string,
  pools: ReadonlyMap<string, number>,
): AsyncGenerator<readonly [string, number], void, void> {
  let poolOf: ReadonlyMap<string, string> = new Map();
  for await (const record of dir.records(run)) {
    if (record.type === 'run.started') poolOf = poolsOf(record, pools);
    if (poolOf.size === 0) return;
    const pool = record.type === 'task.started' ? poolOf.get(record.task) : undefined;
    if (pool !== undefined) yield [pool, Date.parse(record.at)];
  }
}

function poolsOf(
  { workflow }: RecordOf<'run.started'>,
  pools: ReadonlyMap<string, number>,
): ReadonlyMap<string, string> {
  return new Map(
    workflow.tasks.flatMap(({ id, pool }) =>
      pool !== undefined && pools.has(pool) ? [[id, pool] as const] : [],
    ),
  );
}
