// OpenWorkflow on SQLite (Node 22.5 or newer): node openworkflow.mjs <independent|chain|fan> <size> <file>.
// Independent tasks are runs of their own, by its queue; the others are steps of one run.
import { OpenWorkflow } from 'openworkflow';
import { BackendSqlite } from 'openworkflow/sqlite';

const [shape, sizeText, file] = process.argv.slice(2);
const size = Number(sizeText);
const backend = BackendSqlite.connect(file);
const client = new OpenWorkflow({ backend });
const once = (step, n) => step.run({ name: `s${n}` }, async () => 0);

// Its client polls for results, so the end is noted where it happens.
let endedAt = 0;
const workflow = client.defineWorkflow({ name: 'bench' }, async ({ step }) => {
  await tasks(step);
  endedAt = performance.now();
  return 0;
});

async function tasks(step) {
  if (shape === 'independent') await once(step, 0);
  else if (shape === 'chain') for (let n = 0; n < size; n++) await once(step, n);
  else {
    await once(step, 0);
    await Promise.all(Array.from({ length: size - 2 }, (_, n) => once(step, n + 1)));
    await once(step, size - 1);
  }
}

const worker = client.newWorker({ concurrency: 10 });
await worker.start();
const begun = performance.now();
const handles = [];
for (let n = 0; n < (shape === 'independent' ? size : 1); n++) handles.push(await workflow.run());
for (const handle of handles) await handle.result();
console.log(endedAt - begun);
await worker.stop();
await backend.stop();
process.exit(0);
