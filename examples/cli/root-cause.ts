import type { RunSnapshot, TaskSnapshot } from 'nuflow';
import { safeLine } from '../shared/terminal-text.js';
import { errorLine } from './describe.js';
import { commandLine } from './next-steps.js';

/** So many failed tasks are named; a cause is seldom in those that come later. */
const NAMED = 3;

/**
 * Why a run failed, a line each: the tasks that failed first, with their own errors, and what to type to see
 * more. Not those that could not run because of them. Empty when no task failed.
 */
export function causeLines(run: RunSnapshot, dataDir: string): string[] {
  const failed = failedTasks(run);
  const more = failed.length - NAMED;
  return [
    ...failed.slice(0, NAMED).flatMap((task) => taskLines(task, run.id, dataDir)),
    ...(more > 0 ? [`  and ${more} more: ${commandLine(dataDir, 'show', run.id)}`] : []),
  ];
}

/** Tasks that failed by themselves, in the order in which they did. */
function failedTasks({ tasks }: RunSnapshot): TaskSnapshot[] {
  return tasks
    .filter(({ status }) => status === 'failed')
    .sort((a, b) => Date.parse(a.endedAt ?? '') - Date.parse(b.endedAt ?? ''));
}

function taskLines({ id, attempts, error }: TaskSnapshot, run: string, dataDir: string): string[] {
  const why = error === undefined ? 'failed' : errorLine(error);
  return [
    `  ${safeLine(`${id} (attempt ${attempts}): ${why}`)}`,
    ...(attempts === 0 ? [] : [`    ${commandLine(dataDir, 'logs', run, id)}`]),
  ];
}
