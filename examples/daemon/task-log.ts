import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { RunSnapshot } from 'nuflow';
import { Problem } from './problem.js';

/** What of a task's output is asked for. */
export type Stream = 'stdout' | 'stderr' | 'both';

/** What the last attempt of a task printed, stdout before stderr. Throws Problem 404. */
export async function taskLog(
  dataDir: string,
  run: RunSnapshot,
  task: string,
  stream: Stream,
): Promise<ReadableStream> {
  const index = run.tasks.findIndex(({ id }) => id === task);
  const attempts = run.tasks[index]?.attempts;
  if (attempts === undefined)
    throw new Problem(
      404,
      'no_such_task',
      `workflow ${run.id} has no task ${JSON.stringify(task)}`,
    );
  const dir = attempts === 0 ? undefined : await attemptDir(dataDir, run.id, index, attempts);
  if (dir === undefined) throw new Problem(404, 'not_started', 'the task has not started yet');
  const streams = stream === 'both' ? (['stdout', 'stderr'] as const) : [stream];
  return Readable.toWeb(
    Readable.from(chunks(streams.map((it) => join(dir, `${it}.log`)))),
  ) as ReadableStream;
}

/** A task's folder begins with its number, `0007-create-server`; see docs/journal-format.md. */
async function attemptDir(
  dataDir: string,
  run: string,
  index: number,
  attempt: number,
): Promise<string | undefined> {
  const tasks = join(dataDir, 'runs', run, 'tasks');
  const number = String(index + 1).padStart(4, '0');
  const names = await readdir(tasks).catch(() => []);
  const name = names.find((it) => it.split('-', 1)[0] === number);
  return name === undefined ? undefined : join(tasks, name, String(attempt));
}

/** The files' bytes, one after another; a file that is not there has none. */
async function* chunks(paths: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of paths) {
    try {
      for await (const chunk of createReadStream(path)) yield chunk as Buffer;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
