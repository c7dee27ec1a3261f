import type { Progress, RunEvent } from 'nuflow';
import { safeLine } from '../shared/terminal-text.js';
import { countText } from './counts.js';
import { clipped, formatDuration } from './text.js';

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

/** A terminal's size, in characters. */
export interface Size {
  readonly rows: number;
  readonly columns: number;
}

/**
 * The runs as they stand at `now`, within the terminal: one line for each run, then its running tasks, the
 * longest running first.
 *
 *   create-wuji  5/12 done, 3 running, 1 failed, about 12.0 s left
 *     server (attempt 2)  3.2 s
 */
export function liveText(runs: readonly LiveRun[], now: number, { rows, columns }: Size): string {
  const share = Math.max(1, Math.floor((rows - 1) / Math.max(1, runs.length)) - 1);
  const shown = runs.slice(0, Math.max(1, Math.floor((rows - 1) / 2)));
  return shown
    .flatMap((run) => [headline(run), ...taskLines(run, now, share)])
    .map((line) => clipped(line, Math.max(1, columns - 1)))
    .join('\n');
}

function headline({ id, progress }: LiveRun): string {
  const counts = progress();
  const left = counts.etaMs === undefined ? '' : `, about ${formatDuration(counts.etaMs)} left`;
  return safeLine(`${id}  ${countText(counts)}${left}`);
}

function taskLines({ running }: LiveRun, now: number, limit: number): string[] {
  const isWhole = running.size <= limit;
  const lines: string[] = [];
  for (const [task, { attempt, startedMs }] of running) {
    if (lines.length === (isWhole ? limit : limit - 1)) break;
    const again = attempt > 1 ? ` (attempt ${attempt})` : '';
    lines.push(safeLine(`  ${task}${again}  ${formatDuration(now - startedMs)}`));
  }
  return isWhole ? lines : [...lines, `  … ${running.size - lines.length} more`];
}
