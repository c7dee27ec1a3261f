import type { Progress, RunEvent } from 'nuflow';
import { formatDuration, printable } from './text.js';

/** What is shown of a run while it goes on. */
export interface LiveRun {
  readonly id: string;
  readonly progress: () => Progress;
  /** Tasks that run, by id. */
  readonly running: ReadonlyMap<string, { readonly attempt: number; readonly startedMs: number }>;
}

/** Keeps `running` up to date from a run's events. */
export function follow(
  running: Map<string, { attempt: number; startedMs: number }>,
  event: RunEvent,
): void {
  if (event.type === 'task.started')
    running.set(event.task, { attempt: event.attempt, startedMs: Date.parse(event.at) });
  else if ('task' in event && event.type !== 'task.spawned' && event.type !== 'task.output')
    running.delete(event.task);
}

/**
 * The runs as they stand at `now`, in at most `rows` lines: one for each run, then its running tasks, the
 * longest running first.
 *
 *   create-wuji  5/12 done, 3 running, 1 failed, about 12.0 s left
 *     server (attempt 2)  3.2 s
 */
export function liveText(runs: readonly LiveRun[], now: number, rows: number): string {
  const share = Math.max(1, Math.floor((rows - 1) / Math.max(1, runs.length)) - 1);
  return runs.flatMap((run) => [headline(run), ...taskLines(run, now, share)]).join('\n');
}

function headline({ id, progress }: LiveRun): string {
  const { total, done, running, failed, held, etaMs } = progress();
  const parts = [
    `${done}/${total} done`,
    `${running} running`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(held > 0 ? [`${held} held`] : []),
    ...(etaMs === undefined ? [] : [`about ${formatDuration(etaMs)} left`]),
  ];
  return `${id}  ${parts.join(', ')}`;
}

function taskLines({ running }: LiveRun, now: number, limit: number): string[] {
  const lines = [...running].map(([task, { attempt, startedMs }]) => {
    const again = attempt > 1 ? ` (attempt ${attempt})` : '';
    return `  ${printable(task)}${again}  ${formatDuration(now - startedMs)}`;
  });
  if (lines.length <= limit) return lines;
  return [...lines.slice(0, limit - 1), `  … ${lines.length - limit + 1} more`];
}
