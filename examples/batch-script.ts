/**
 * The library in a plain script: looks at files in parallel, in Nushell, and sums up in TypeScript.
 *
 *   node examples/dist/batch-script.js [folder …]
 */
import { resolve } from 'node:path';
import { defineWorkflow, Orchestrator } from 'nuflow';
import { z } from 'zod';

const folders = process.argv.slice(2).map((folder) => resolve(folder));
if (folders.length === 0) folders.push(process.cwd());

const usage = z.object({ files: z.int(), bytes: z.int() });

const diskUsage = defineWorkflow('disk-usage', {
  tasks: (t) => {
    const counts = folders.map((folder) =>
      t.nu(`count ${folder}`, {
        code: 'let files = (ls $input.folder | where type == file); { files: ($files | length), bytes: ($files.size | append 0b | math sum | into int) }',
        input: { folder },
        output: usage,
        timeout: '1m',
      }),
    );
    const total = t.fn('total', {
      needs: Object.fromEntries(counts.map((count, index) => [String(index), count])),
      run: ({ needs }) =>
        Object.values(needs).reduce((sum, { files, bytes }) => ({
          files: sum.files + files,
          bytes: sum.bytes + bytes,
        })),
    });
    return { total };
  },
});

await using orchestrator = await Orchestrator.open({ workflows: [diskUsage] });
const run = await orchestrator.start(diskUsage);
run.on('task.failed', ({ task, error }) => console.error(`${task}: ${error.message}`));
const { status, outputs } = await run.result;
console.log(run.id, status, outputs.total);
process.exitCode = status === 'succeeded' ? 0 : 1;
