import type { Progress, RunSummary } from 'nuflow';
import { formatTime, type TimeOptions } from './text.js';

type Counts = RunSummary['tasks'] & Pick<Partial<Progress>, 'running'>;

/** How the tasks of a run stand: `5/12 done, 3 running, 1 retrying (until …), 1 failed, 2 skipped`. */
export function countText(counts: Counts, times: TimeOptions = {}): string {
  const { total, done, failed, held, running = 0 } = counts;
  const { upstreamFailed = 0, skipped = 0, cancelled = 0 } = counts;
  const { succeeded = done - failed } = counts;
  const { retrying = 0, retryAt } = counts;
  const until = retryAt === undefined ? '' : ` (until ${formatTime(retryAt, times)})`;
  const others: readonly (readonly [number, string])[] = [
    [running, 'running'],
    [retrying, `retrying${until}`],
    [failed - upstreamFailed, 'failed'],
    [upstreamFailed, 'upstream failed'],
    [skipped, 'skipped'],
    [cancelled, 'cancelled'],
    [held, 'held'],
  ];
  const told = others.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`);
  return [`${succeeded}/${total} done`, ...told].join(', ');
}
