import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunSnapshot } from 'nuflow';
import { inspectRun } from 'nuflow/inspect';
import { EXIT, UsageError } from './exit-codes.js';
import { write, writeJson } from './output.js';
import type { StoreOptions } from './run-commands.js';
import { printable } from './text.js';

const STREAMS = ['stdout', 'stderr'] as const;

export interface LogOptions extends StoreOptions {
  /** Which attempt; default the last. */
  readonly attempt?: number | undefined;
}

/** One attempt of a task, and the folder with what it printed. */
interface Attempt {
  readonly task: string;
  readonly attempt: number;
  readonly dir: string;
}

/** `nuflow logs ID [TASK]`: what tasks printed, byte for byte, stdout before stderr. Takes no lock. */
export async function logs(
  id: string,
  task: string | undefined,
  options: LogOptions,
): Promise<number> {
  const run = await inspectRun(options.dataDir, id);
  const attempts = await attemptsOf(run, task, options);
  if (options.json) {
    for (const attempt of attempts) await writeJson(await logData(attempt));
    return EXIT.done;
  }
  for (const attempt of attempts) {
    for (const stream of STREAMS)
      await writeFileOut(
        join(attempt.dir, `${stream}.log`),
        task === undefined
          ? `==> ${printable(attempt.task)} (attempt ${attempt.attempt}, ${stream}) <==\n`
          : '',
      );
  }
  return EXIT.done;
}

async function attemptsOf(
  run: RunSnapshot,
  task: string | undefined,
  { dataDir, attempt }: LogOptions,
): Promise<Attempt[]> {
  if (task !== undefined && !run.tasks.some(({ id }) => id === task))
    throw new UsageError(`run ${run.id} has no task ${JSON.stringify(task)}`);
  const tasks = join(dataDir, 'runs', run.id, 'tasks');
  const folders = await readdir(tasks).catch(() => []);
  return run.tasks.flatMap(({ id, attempts }, index) => {
    if ((task !== undefined && id !== task) || attempts === 0) return [];
    // A task's folder begins with its number, `0007-create-server`; see docs/journal-format.md.
    const number = String(index + 1).padStart(4, '0');
    const folder = folders.find((name) => name.split('-', 1)[0] === number);
    const wanted = attempt ?? attempts;
    return folder === undefined
      ? []
      : [{ task: id, attempt: wanted, dir: join(tasks, folder, String(wanted)) }];
  });
}

async function logData({ task, attempt, dir }: Attempt): Promise<object> {
  const read = (stream: string): Promise<string> =>
    readFile(join(dir, `${stream}.log`), 'utf8').catch(() => '');
  return { task, attempt, stdout: await read('stdout'), stderr: await read('stderr') };
}

/** The file's bytes after a heading; nothing at all when it is empty or not there. */
async function writeFileOut(path: string, heading: string): Promise<void> {
  let begun = false;
  try {
    for await (const chunk of createReadStream(path)) {
      if (!begun) await write(heading);
      begun = true;
      await write(chunk as Buffer);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
