import type { RunSnapshot, RunSummary, TaskSnapshot } from 'nuflow';
import { inspectRun, listRuns, readOutput } from 'nuflow/inspect';
import { oneLine } from './describe.js';
import { EXIT } from './exit-codes.js';
import { decisionLines } from './held-tasks.js';
import { write, writeJson } from './output.js';
import type { StoreOptions } from './run-commands.js';
import { formatSpan, printable, table } from './text.js';

/** `nuflow list`: all runs, latest first. Takes no lock. */
export async function list({ dataDir, json }: StoreOptions): Promise<number> {
  const runs = await listRuns(dataDir);
  if (json) await writeJson(runs);
  else {
    const rows = runs.map(({ id, workflow, status, startedAt, endedAt, tasks }) => [
      id,
      workflow,
      status,
      countText(tasks),
      startedAt,
      formatSpan(startedAt, endedAt),
    ]);
    await write(table([['RUN', 'WORKFLOW', 'STATUS', 'TASKS', 'STARTED', 'TIME'], ...rows]));
  }
  return EXIT.done;
}

function countText({ done, total, failed, held }: RunSummary['tasks']): string {
  return [
    `${done}/${total}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(held > 0 ? [`${held} held`] : []),
  ].join(', ');
}

/** `nuflow show ID`: a run and its tasks. Takes no lock. */
export async function show(id: string, { dataDir, json }: StoreOptions): Promise<number> {
  const run = await inspectRun(dataDir, id);
  if (json) await writeJson(run);
  else await write(runText(run));
  return EXIT.done;
}

/** `nuflow output ID TASK`: what a task gave, as JSON; null when it gave nothing. Takes no lock. */
export async function output(id: string, task: string, { dataDir }: StoreOptions): Promise<number> {
  await writeJson((await readOutput(dataDir, id, task)) ?? null);
  return EXIT.done;
}

function runText(run: RunSnapshot): string {
  const { id, workflow, status, startedAt, endedAt, progress, tasks } = run;
  const head = `${id}  ${printable(workflow)}  ${status}  ${progress.done}/${progress.total} done  ${formatSpan(startedAt, endedAt)}`;
  const rows = tasks.map((task) => [
    task.id,
    task.status,
    String(task.attempts),
    formatSpan(task.startedAt, task.endedAt),
    remark(task),
  ]);
  const decisions = decisionLines(run).map(printable).join('\n');
  const errors = tasks.flatMap(({ id: task, error }) =>
    error?.rendered ? [`\n${printable(task)}:\n${printable(error.rendered).trimEnd()}\n`] : [],
  );
  return [
    `${head}\n\n`,
    table([['TASK', 'STATUS', 'ATTEMPTS', 'TIME', ''], ...rows]),
    ...errors,
    ...(run.held.length === 0 ? [] : [`\nHeld for a decision:\n${decisions}\n`]),
  ].join('');
}

function remark({ error, reason, retryAt, heldAt }: TaskSnapshot): string {
  const parts = [
    retryAt === undefined ? undefined : `again at ${retryAt}`,
    heldAt === undefined ? undefined : `held since ${heldAt}`,
    error === undefined ? undefined : oneLine(error),
    typeof reason === 'string' ? reason : reasonText(reason),
  ];
  return parts.filter((part) => part !== undefined).join('; ');
}

function reasonText(reason: Exclude<TaskSnapshot['reason'], string>): string | undefined {
  if (reason === undefined) return undefined;
  if (reason.by === 'onFailure') return `because ${reason.failed} failed`;
  const because = reason.dependency === undefined ? '' : `, because of ${reason.dependency}`;
  return `trigger ${reason.rule}${because}`;
}
