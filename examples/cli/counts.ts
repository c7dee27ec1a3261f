import type { Progress, RunSummary } from 'nuflow';

type Counts = RunSummary['tasks'] & Pick<Partial<Progress>, 'running'>;

/** How the tasks of a run stand: `5/12 done, 3 running, 1 failed, 2 skipped`. */
export function countText(counts: Counts): string {
  const { total, done, failed, held, running = 0 } = counts;
  const { upstreamFailed = 0, skipped = 0, cancelled = 0 } = counts;
  const { succeeded = done - failed } = counts;
  const others: readonly (readonly [number, string])[] = [
    [running, 'running'],
    [failed - upstreamFailed, 'failed'],
    [upstreamFailed, 'upstream failed'],
    [skipped, 'skipped'],
    [cancelled, 'cancelled'],
    [held, 'held'],
  ];
  const told = others.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`);
  return [`${succeeded}/${total} done`, ...told].join(', ');
}
