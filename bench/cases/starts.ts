import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { defineWorkflow, Orchestrator } from 'nuflow';
import type { Case, Contender, Scale } from '../harness/contender.js';
import { inFolder } from '../harness/folder.js';

const SYNCED = 1_000;
const RECORD_BYTES = 400;

/** Many runs accepted at once, each with a journal of its own: what a daemon under load does. */
export function startsCase({ quick }: Scale): Case {
  const size = quick ? 1_000 : 10_000;
  return {
    name: 'runs started at once',
    unit: 'runs',
    size,
    contenders: [nuflowStarts(size), sequentialFiles(size)],
    targets: [{ against: 'create, sync, sync folder, one after another', atLeast: 2.5 }],
  };
}

function nuflowStarts(count: number): Contender {
  const workflow = defineWorkflow('bench', {
    tasks: (t) => {
      t.fn('only', { run: () => 0 });
      return {};
    },
  });
  return {
    name: 'nuflow',
    sample: () =>
      inFolder(async (dataDir) => {
        await using orchestrator = await Orchestrator.open({ dataDir });
        const begun = performance.now();
        const starts = Array.from({ length: count }, () => orchestrator.start(workflow));
        const runs = await Promise.all(starts);
        const ms = performance.now() - begun;
        await Promise.all(runs.map((run) => run.result));
        return ms;
      }),
  };
}

function sequentialFiles(count: number): Contender {
  return {
    name: 'create, sync, sync folder, one after another',
    sample: () =>
      inFolder(async (folder) => {
        const record = Buffer.alloc(RECORD_BYTES, 'x');
        const made = Math.min(count, SYNCED);
        const begun = performance.now();
        for (let i = 0; i < made; i++) await createFile(join(folder, String(i)), record);
        return ((performance.now() - begun) * count) / made;
      }),
  };
}

async function createFile(folder: string, record: Buffer): Promise<void> {
  await mkdir(folder);
  const file = await open(join(folder, 'journal'), 'a');
  await file.write(record);
  await file.datasync();
  await file.close();
  const around = await open(folder, 'r');
  await around.sync();
  await around.close();
}
