import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender } from '../harness/contender.js';
import { inFolder } from '../harness/folder.js';

/** About the length of a task's record in a journal, bytes. */
const RECORD_BYTES = 200;
/** Syncs measured; what more would take is extrapolated. */
const MAX_SYNCS = 2_000;

/** The physical limit of whoever syncs once for each: `count` appends of a record, each synced before the next. */
export function sequentialSyncs(count: number): Contender {
  return {
    name: 'one sync each',
    sample: () =>
      inFolder(async (folder) => {
        const file = await open(join(folder, 'journal'), 'a');
        const record = Buffer.alloc(RECORD_BYTES, 'x');
        const syncs = Math.min(count, MAX_SYNCS);
        const begun = performance.now();
        for (let i = 0; i < syncs; i++) {
          await file.write(record);
          await file.datasync();
        }
        const ms = performance.now() - begun;
        await file.close();
        return (ms * count) / syncs;
      }),
  };
}
