// DBOS on PostgreSQL: node dbos.mjs <independent|chain|fan> <size> <url>; prints the milliseconds a workflow of so many steps takes.
import { DBOS } from '@dbos-inc/dbos-sdk';

const [shape, sizeText, url] = process.argv.slice(2);
const size = Number(sizeText);
DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, logLevel: 'error', runAdminServer: false });

const step = (n) => DBOS.runStep(async () => 0, { name: `s${n}` });

async function many(from, count) {
  let next = from;
  const slot = async () => {
    while (next < from + count) await step(next++);
  };
  await Promise.all(Array.from({ length: 10 }, slot));
}

const workflow = DBOS.registerWorkflow(
  async () => {
    if (shape === 'independent') await many(0, size);
    else if (shape === 'chain') for (let n = 0; n < size; n++) await step(n);
    else {
      await step(0);
      await many(1, size - 2);
      await step(size - 1);
    }
  },
  { name: 'bench' },
);
await DBOS.launch();
const begun = performance.now();
await workflow();
console.log(performance.now() - begun);
await DBOS.shutdown();
process.exit(0);
