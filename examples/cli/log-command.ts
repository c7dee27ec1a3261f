import type { RunSnapshot } from 'nuflow';
import { openLogs } from 'nuflow/inspect';
import { safeLine } from '../shared/terminal-text.js';
import { EXIT, UsageError } from './exit-codes.js';
import { write, writeJson } from './output.js';
import type { StoreOptions } from './run-commands.js';
import { terminalLog } from './terminal-log.js';

const STREAMS = ['stdout', 'stderr'] as const;

export interface LogOptions extends StoreOptions {
  /** Which attempt; default the last. */
  readonly attempt?: number | undefined;
}

/** One attempt of a task. */
interface Attempt {
  readonly task: string;
  readonly attempt: number;
}

/**
 * `nuflow logs ID [TASK]`: what tasks printed, stdout before stderr; of a long log beginning and end. Byte for
 * byte, but on a terminal: there lines and colours are kept, and what else would steer it is shown. Takes no lock.
 */
export async function logs(
  id: string,
  task: string | undefined,
  options: LogOptions,
): Promise<number> {
  const { run, read } = await openLogs(options.dataDir, id);
  for (const attempt of attemptsOf(run, task, options)) {
    const streams = STREAMS.map((stream) => {
      const chunks = read(attempt.task, { stream, attempt: attempt.attempt });
      return { stream, chunks };
    });
    if (options.json) await writeJson(await logData(attempt, streams));
    else for (const log of streams) await writeOut(attempt, log, task === undefined);
  }
  return EXIT.done;
}

function attemptsOf(run: RunSnapshot, task: string | undefined, options: LogOptions): Attempt[] {
  if (task !== undefined && !run.tasks.some(({ id }) => id === task))
    throw new UsageError(`run ${run.id} has no task ${JSON.stringify(task)}`);
  return run.tasks
    .filter(({ id, attempts }) => (task === undefined || id === task) && attempts > 0)
    .map(({ id, attempts }) => ({ task: id, attempt: options.attempt ?? attempts }));
}

/** What one stream of an attempt printed. */
interface Log {
  readonly stream: (typeof STREAMS)[number];
  readonly chunks: AsyncIterable<Uint8Array>;
}

async function logData({ task, attempt }: Attempt, streams: readonly Log[]): Promise<object> {
  const texts: [string, string][] = [];
  for (const { stream, chunks } of streams) {
    const bytes: Uint8Array[] = [];
    for await (const chunk of chunks) bytes.push(chunk);
    texts.push([stream, Buffer.concat(bytes).toString()]);
  }
  return { task, attempt, ...Object.fromEntries(texts) };
}

/** What was printed, after a heading if wanted; nothing at all when it is nothing. */
async function writeOut(
  { task, attempt }: Attempt,
  { stream, chunks }: Log,
  isHeaded: boolean,
): Promise<void> {
  let begun = !isHeaded;
  const shown = process.stdout.isTTY ? terminalLog(chunks, isHeaded ? '  ' : '') : chunks;
  for await (const chunk of shown) {
    if (!begun) await write(`==> ${safeLine(task)} (attempt ${attempt}, ${stream}) <==\n`);
    begun = true;
    await write(chunk);
  }
}
