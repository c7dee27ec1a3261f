import type { RunEvent, TaskError } from 'nuflow';
import { formatTime, printable } from './text.js';

/** An event as a line for people: `12:00:01 task.started server (attempt 1)`. */
export function eventLine(event: RunEvent): string {
  return printable(`${formatTime(event.at)} ${event.type} ${detail(event)}`.trimEnd());
}

function detail(event: RunEvent): string {
  switch (event.type) {
    case 'run.started':
      return `${event.run} (${event.workflow.name}, ${event.workflow.tasks.length} tasks)`;
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
      return `${event.task} (attempt ${event.attempt}): ${oneLine(event.error)}`;
    case 'task.retryScheduled':
      return `${event.task} at ${formatTime(event.retryAt)} (attempt ${event.attempt}): ${oneLine(event.error)}`;
    case 'task.interrupted':
      return [`${event.task} (attempt ${event.attempt}): ${event.next}`, event.error?.message]
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
    case 'task.output':
      return `${event.task} (attempt ${event.attempt}) ${event.stream}: ${event.text.trimEnd()}`;
    case 'listener.failed':
      return `${event.event}: ${event.error}`;
  }
}

/** An error in a line: `nu::shell::error: no such server`. */
export function oneLine({ code, message }: TaskError): string {
  return `${code}: ${message.replace(/\s+/g, ' ')}`;
}
