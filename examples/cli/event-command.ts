import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspectRun, readEvents } from 'nuflow/inspect';
import { eventLines } from './describe.js';
import { EXIT, UsageError } from './exit-codes.js';
import { write, writeJson } from './output.js';
import type { StoreOptions } from './run-commands.js';

export interface EventOptions extends StoreOptions {
  readonly from: number;
  readonly follow?: boolean | undefined;
}

/** Milliseconds between two looks at a journal that another process writes. */
const LOOK_MS = 200;

/**
 * `nuflow events ID`: the journal's records; with `follow` also those to come, until the run ends. Takes
 * no lock.
 */
export async function events(id: string, options: EventOptions): Promise<number> {
  const { dataDir, json, follow } = options;
  if (!Number.isInteger(options.from) || options.from < 1)
    throw new UsageError('--from must be a whole number from 1');
  await inspectRun(dataDir, id); // says so when there is no such run
  const journal = join(dataDir, 'runs', id, 'journal.ndjson');
  let next = options.from;
  for (let size = -1; ; await delay(LOOK_MS)) {
    const before = size;
    size = (await stat(journal)).size;
    if (size === before) continue;
    for await (const record of readEvents(dataDir, id, { from: next })) {
      await (json ? writeJson(record) : write(`${eventLines(record, options).join('\n')}\n`));
      next = record.seq + 1;
    }
    if (!follow || (await inspectRun(dataDir, id)).endedAt !== undefined) return EXIT.done;
  }
}
