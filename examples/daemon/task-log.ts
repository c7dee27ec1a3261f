import { Readable } from 'node:stream';
import type { RunSnapshot } from 'nuflow';
import { readLog } from 'nuflow/inspect';
import { Problem } from './problem.js';

/** What of a task's output is asked for. */
export type Stream = 'stdout' | 'stderr' | 'both';

/** What the last attempt of a task printed, stdout before stderr; of a long log beginning and end. Throws Problem 404. */
export function taskLog(
  dataDir: string,
  run: RunSnapshot,
  task: string,
  stream: Stream,
): ReadableStream {
  const attempts = run.tasks.find(({ id }) => id === task)?.attempts;
  if (attempts === undefined)
    throw new Problem(
      404,
      'no_such_task',
      `workflow ${run.id} has no task ${JSON.stringify(task)}`,
    );
  if (attempts === 0) throw new Problem(404, 'not_started', 'the task has not started yet');
  const streams = stream === 'both' ? (['stdout', 'stderr'] as const) : [stream];
  return Readable.toWeb(Readable.from(chunks(dataDir, run.id, task, streams))) as ReadableStream;
}

/** The streams' bytes, one after another. */
async function* chunks(
  dataDir: string,
  run: string,
  task: string,
  streams: readonly ('stdout' | 'stderr')[],
): AsyncGenerator<Uint8Array> {
  for (const stream of streams) yield* readLog(dataDir, run, task, { stream });
}
