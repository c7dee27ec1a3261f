/**
 * The process that the fault tests kill: an orchestrator that starts the run it is told to, or goes on
 * with it, tells every event as a line of JSON on stdout, and does what lines on stdin say:
 *
 *   cancel | drain | stop | detach | close-cancel
 *
 * The last line is `{"type":"result","status":…}`; `null` when it was closed before the run ended.
 */
import { readFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type CloseMode, Orchestrator, type Run, workflowFromData } from '../../src/index.js';
import { processesWith } from '../support/processes.js';
import type { Orders } from './orders.js';

const orders = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Orders;

function tell(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** Obeys one line of stdin. */
async function obey(orchestrator: Orchestrator, run: Run, order: string): Promise<void> {
  if (order === 'cancel') await run.cancel();
  else await orchestrator.close({ mode: order.replace('close-', '') as CloseMode });
}

/** Tells what lives of a task when its end is told. */
function tellLeft({ task }: { readonly task: string }): void {
  const left = processesWith(`NUFLOW_TASK_ID=${task}\0`, `NUFLOW_RESULT=${dataDir}/`);
  if (left.length > 0) tell({ type: 'left', task, text: JSON.stringify(left) });
}

const { dataDir, binary, marker, concurrency, grace } = orders;
const orchestrator = await Orchestrator.open({
  dataDir,
  baseDir: orders.baseDir,
  concurrency,
  grace,
  nushell: { binary },
  env: Object.keys(marker),
});
const run = await orchestrator.start(workflowFromData(orders.workflow), { id: orders.run });
run.on('*', tell);
run.on('task.cancelled', tellLeft);
run.on('task.failed', (event) => event.error.code === 'NUFLOW_TIMEOUT' && tellLeft(event));
if (orders.handlesSignals) {
  process.on('SIGTERM', () => void orchestrator.close({ mode: 'stop' }));
  process.on('SIGINT', () => void orchestrator.close({ mode: 'cancel' }));
}
tell({ type: 'ready', snapshot: run.snapshot() });
createInterface({ input: process.stdin }).on('line', (line) => {
  obey(orchestrator, run as Run, line).catch((error: Error) =>
    tell({ type: 'order.failed', error: error.stack }),
  );
});
const result = await run.result.catch(() => undefined);
await orchestrator.close();
tell({ type: 'result', status: result?.status ?? null });
process.stdin.destroy();
