import type { RunSnapshot, TaskSnapshot } from 'nuflow';
import { inspectRun, listRuns, readOutput } from 'nuflow/inspect';
import { safeBlock, safeLine } from '../shared/terminal-text.js';
import { countText } from './counts.js';
import { errorLine } from './describe.js';
import { EXIT } from './exit-codes.js';
import { decisionLines } from './next-steps.js';
import { writeAll, writeJson } from './output.js';
import { causeLines } from './root-cause.js';
import type { StoreOptions } from './run-commands.js';
import { formatSpan, formatTime, type TimeOptions, table } from './text.js';

/** `nuflow list`: all runs, latest first. Takes no lock. */
export async function list({ dataDir, json, utc }: StoreOptions): Promise<number> {
  const runs = await listRuns(dataDir);
  if (json) await writeJson(runs);
  else {
    const rows = runs.map(({ id, workflow, status, startedAt, endedAt, tasks }) => [
      id,
      workflow,
      status,
      countText(tasks),
      formatTime(startedAt, { utc }),
      formatSpan(startedAt, endedAt),
    ]);
    await writeAll(table([['RUN', 'WORKFLOW', 'STATUS', 'TASKS', 'STARTED', 'TIME'], ...rows]));
  }
  return EXIT.done;
}

/** `nuflow show ID`: a run and its tasks. Takes no lock. */
export async function show(id: string, options: StoreOptions): Promise<number> {
  const run = await inspectRun(options.dataDir, id);
  if (options.json) await writeJson(run);
  else await writeAll(runText(run, options));
  return EXIT.done;
}

/** `nuflow output ID TASK`: what a task gave, as JSON; null when it gave nothing. Takes no lock. */
export async function output(id: string, task: string, { dataDir }: StoreOptions): Promise<number> {
  await writeJson((await readOutput(dataDir, id, task)) ?? null);
  return EXIT.done;
}

/** Summary and what to do first, since the tasks may be many. */
function* runText(run: RunSnapshot, options: StoreOptions): Generator<string, void, void> {
  const { id, workflow, status, startedAt, endedAt, progress, tasks } = run;
  const times = `started ${formatTime(startedAt, options)}, ${formatSpan(startedAt, endedAt)}`;
  yield `${safeLine(`${id}  ${workflow}  ${status}  ${countText(progress)}  ${times}`)}\n\n`;
  yield* section('Failed first:', causeLines(run, options.dataDir));
  yield* section('Held for a decision:', decisionLines(options.dataDir, run));
  const rows = tasks.map((task) => taskRow(task, options));
  yield* table([['TASK', 'STATUS', 'ATTEMPTS', 'TIME', ''], ...rows]);
  for (const { id: task, error } of tasks)
    if (error?.rendered) yield `\n${safeLine(task)}:\n${safeBlock(error.rendered, '  ')}`;
}

function* section(heading: string, lines: readonly string[]): Generator<string, void, void> {
  if (lines.length > 0) yield `${heading}\n${lines.join('\n')}\n\n`;
}

function taskRow(task: TaskSnapshot, times: TimeOptions): string[] {
  const { id, status, attempts, startedAt, endedAt } = task;
  return [id, status, String(attempts), formatSpan(startedAt, endedAt), remark(task, times)];
}

function remark({ error, reason, retryAt, heldAt }: TaskSnapshot, times: TimeOptions): string {
  const parts = [
    retryAt === undefined ? undefined : `again at ${formatTime(retryAt, times)}`,
    heldAt === undefined ? undefined : `held since ${formatTime(heldAt, times)}`,
    error === undefined ? undefined : errorLine(error),
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
