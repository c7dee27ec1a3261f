import type { RunEvent, TaskError } from 'nuflow';
import { safeLine, safeLines } from '../shared/terminal-text.js';
import { formatTime, type TimeOptions } from './text.js';

/**
 * An event as lines for people, one for each but what a task printed:
 * `2026-11-28 08:15:02+01:00 task.started server (attempt 1)`.
 */
export function eventLines(event: RunEvent, times: TimeOptions): string[] {
  const head = `${formatTime(event.at, times)} ${event.type}`;
  if (event.type !== 'task.output') return [safeLine(`${head} ${detail(event, times)}`.trimEnd())];
  const { task, attempt, stream, text } = event;
  const from = safeLine(`${head} ${task} (attempt ${attempt}) ${stream}:`);
  return safeLines(text.trimEnd()).map((line) => `${from} ${line}`);
}

function detail(
  event: Exclude<RunEvent, { readonly type: 'task.output' }>,
  times: TimeOptions,
): string {
  switch (event.type) {
    case 'run.started':
      return `${event.run} (${event.workflow.name}, ${countOf(event.workflow.tasks.length, 'task')})`;
    case 'run.resumed':
      return `by process ${event.pid}`;
    case 'run.cancelRequested':
      return [event.reason, event.message].filter(Boolean).join(': ');
    case 'run.finished':
      return event.status;
    case 'task.started':
    case 'task.succeeded':
      return `${event.task} (attempt ${event.attempt})`;
    case 'task.spawned':
      return `${event.task} (process ${event.pid})`;
    case 'task.failed':
      return `${event.task} (attempt ${event.attempt}): ${errorLine(event.error)}`;
    case 'task.retryScheduled':
      return `${event.task} at ${formatTime(event.retryAt, times)} (attempt ${event.attempt}): ${errorLine(event.error)}`;
    case 'task.interrupted':
      return [
        `${event.task} (attempt ${event.attempt}): ${event.next}`,
        event.error?.message.replace(/\s+/g, ' '),
      ]
        .filter(Boolean)
        .join(': ');
    case 'task.decided':
      return [`${event.task} (attempt ${event.attempt}): ${event.decision}`, event.message]
        .filter(Boolean)
        .join(': ');
    case 'task.skipped':
      return `${event.task}: ${event.status}`;
    case 'task.cancelled':
      return `${event.task}: ${event.reason}`;
    case 'listener.failed':
      return `${event.event}: ${event.error}`;
  }
}

/** An error in a line: `nu::shell::error: no such server`. */
export function errorLine({ code, message }: TaskError): string {
  return `${code}: ${message.replace(/\s+/g, ' ')}`;
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
