import { Readable } from 'node:stream';
import type { RunSnapshot } from 'nuflow';
import { readLog } from 'nuflow/inspect';
import type { Log } from './log.js';
import { Problem } from './problem.js';

/** Which log is asked for. */
export interface LogRequest {
  readonly dataDir: string;
  readonly run: RunSnapshot;
  readonly task: string;
  readonly stream: 'stdout' | 'stderr' | 'both';
  /** Where it is said that reading failed half-way. */
  readonly log: Log;
}

/** What the last attempt of a task printed, stdout before stderr; of a long log beginning and end. Throws Problem 404. */
export function taskLog(request: LogRequest): ReadableStream {
  const { run, task } = request;
  const attempts = run.tasks.find(({ id }) => id === task)?.attempts;
  if (attempts === undefined)
    throw new Problem(
      404,
      'no_such_task',
      `workflow ${run.id} has no task ${JSON.stringify(task)}`,
    );
  if (attempts === 0) throw new Problem(404, 'not_started', 'the task has not started yet');
  return Readable.toWeb(Readable.from(chunks(request))) as ReadableStream;
}

/** The streams' bytes, one after another. */
async function* chunks({
  dataDir,
  run,
  task,
  stream,
  log,
}: LogRequest): AsyncGenerator<Uint8Array> {
  const streams = stream === 'both' ? (['stdout', 'stderr'] as const) : [stream];
  try {
    for (const name of streams) yield* readLog(dataDir, run.id, task, { stream: name });
  } catch (error) {
    log.failure(error);
    throw new Error('a log could not be read to its end'); // ends the connection: what was sent is not all
  }
}
