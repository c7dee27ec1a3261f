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
    contenders: [nuflowStarts(size, false), nuflowStarts(size, true), sequentialFiles(size)],
    targets: [{ against: 'create, sync, sync folder, one after another', atLeast: 2.5 }],
  };
}

/** Tasks that run meanwhile write and sync too, twice each; so it is told what that takes from the starts. */
function nuflowStarts(count: number, runsMeanwhile: boolean): Contender {
  const workflow = defineWorkflow('bench', {
    tasks: (t) => {
      t.fn('only', { pool: 'only', run: () => 0 });
      return {};
    },
  });
  return {
    name: runsMeanwhile ? 'nuflow, whose tasks run meanwhile' : 'nuflow',
    sample: () =>
      inFolder(async (dataDir) => {
        const pools = { only: { concurrency: 10 } };
        const orchestrator = await Orchestrator.open({ dataDir, pools });
        const occupied = runsMeanwhile ? undefined : await occupy(orchestrator);
        const begun = performance.now();
        const starts = Array.from({ length: count }, () => orchestrator.start(workflow));
        await Promise.all(starts);
        const ms = performance.now() - begun;
        occupied?.();
        await orchestrator.close({ mode: 'detach' });
        return ms;
      }),
  };
}

/** Takes all slots of the pool, until the function it resolves with is called. */
async function occupy(orchestrator: Orchestrator): Promise<() => void> {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const workflow = defineWorkflow('occupying', {
    tasks: (t) => {
      for (let n = 0; n < 10; n++) t.fn(`n${n}`, { pool: 'only', run: () => released });
      return {};
    },
  });
  await orchestrator.start(workflow);
  return release;
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
