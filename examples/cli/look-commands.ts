import type { RunSnapshot, RunSummary, TaskSnapshot } from 'nuflow';
import {
  type DataDirHolder,
  dataDirHolder,
  inspectRun,
  listRuns,
  readOutput,
  type Seen,
} from 'nuflow/inspect';
import { safeBlock, safeLine } from '../shared/terminal-text.js';
import { countText } from './counts.js';
import { errorLine } from './describe.js';
import { hasDataDir, NO_DATA_DIR } from './existing-data-dir.js';
import { EXIT } from './exit-codes.js';
import { tell } from './messages.js';
import { commandLine, decisionLines, decisionPlace, waitsOnlyForDecisions } from './next-steps.js';
import { writeAll, writeJson } from './output.js';
import { causeLines } from './root-cause.js';
import type { StoreOptions } from './run-commands.js';
import { formatSpan, formatTime, type TimeOptions, table } from './text.js';

/** `nuflow list`: all runs, latest first. Takes no lock. */
export async function list({ dataDir, json, utc }: StoreOptions): Promise<number> {
  if (!(await hasDataDir(dataDir))) tell(NO_DATA_DIR);
  const runs = await listRuns(dataDir);
  const holder = await dataDirHolder(dataDir);
  if (json) await writeJson(runs);
  else {
    const rows = runs.map(({ id, workflow, status, startedAt, endedAt, tasks, unattended }) => [
      id,
      workflow,
      statusText(status, unattended),
      countText(tasks, { utc }),
      formatTime(startedAt, { utc }),
      unattended ? '' : formatSpan(startedAt, endedAt),
    ]);
    await writeAll(table([['RUN', 'WORKFLOW', 'STATUS', 'TASKS', 'STARTED', 'TIME'], ...rows]));
    await writeAll(nextSteps(runs, dataDir, holder));
  }
  return EXIT.done;
}

/** A run that nobody works on must not look alive. */
function statusText(status: string, unattended = false): string {
  return unattended ? `${status}, unattended` : status;
}

/** So many runs are named, each with what to type. */
const NAMED = 20;

/** What to type about runs that need somebody. */
function* nextSteps(
  runs: readonly Seen<RunSummary>[],
  dataDir: string,
  holder: DataDirHolder | undefined,
): Generator<string, void, void> {
  const left = runs.filter(({ unattended, tasks }) => unattended && tasks.held === 0);
  const steps = [
    ['These hold tasks for a decision; see:', 'show', runs.filter(({ tasks }) => tasks.held > 0)],
    [leftHeading(holder), 'resume', left],
  ] as const;
  for (const [heading, command, concerned] of steps)
    yield* listSection(
      heading,
      concerned.map(({ id }) => commandLine(dataDir, command, id)),
    );
  const damaged = runs.filter(({ status }) => status === 'damaged');
  yield* listSection(
    'These can not be read:',
    damaged.map(({ id, problem }) => {
      const why = problem === undefined ? '' : `${problem.code}: ${problem.message} See: `;
      return safeLine(`${id}: ${why}${commandLine(dataDir, 'journal check', id)}`);
    }),
  );
}

function* listSection(heading: string, lines: readonly string[]): Generator<string, void, void> {
  const more = lines.length > NAMED ? [`… ${lines.length - NAMED} more`] : [];
  const shown = [...lines.slice(0, NAMED), ...more].map((line) => `  ${line}\n`);
  if (lines.length > 0) yield `\n${heading}\n${shown.join('')}`;
}

/** A process that has the directory need not work on all of its runs: it may have stopped one. */
function leftHeading(holder: DataDirHolder | undefined): string {
  if (holder === undefined) return 'Nobody works on these; go on with:';
  return `Process ${holder.pid} has the data directory, but does not work on these; when it has ended, go on with:`;
}

/** `nuflow show ID`: a run and its tasks. Takes no lock. */
export async function show(id: string, options: StoreOptions): Promise<number> {
  const run = await inspectRun(options.dataDir, id);
  if (options.json) await writeJson(run);
  else await writeAll(runText(run, options, await dataDirHolder(options.dataDir)));
  return EXIT.done;
}

/** `nuflow output ID TASK`: what a task gave, as JSON; null when it gave nothing. Takes no lock. */
export async function output(id: string, task: string, { dataDir }: StoreOptions): Promise<number> {
  await writeJson((await readOutput(dataDir, id, task)) ?? null);
  return EXIT.done;
}

/** Summary and what to do first, since the tasks may be many. */
function* runText(
  run: Seen<RunSnapshot>,
  options: StoreOptions,
  holder: DataDirHolder | undefined,
): Generator<string, void, void> {
  const { id, workflow, startedAt, endedAt, progress, tasks, unattended = false } = run;
  const status = statusText(run.status, unattended);
  const begun = `started ${formatTime(startedAt, options)}`;
  const times = unattended ? begun : `${begun}, ${formatSpan(startedAt, endedAt)}`;
  yield `${safeLine(`${id}  ${workflow}  ${status}  ${countText(progress, options)}  ${times}`)}\n\n`;
  yield* section('Failed first:', causeLines(run, options.dataDir));
  yield* section(decisionPlace(run, holder), decisionLines(options.dataDir, run));
  const canGoOn = unattended && !waitsOnlyForDecisions(run);
  const goOn = canGoOn ? [`  ${commandLine(options.dataDir, 'resume', id)}`] : [];
  yield* section(leftHeading(holder).replace('on these', 'on it'), goOn);
  const rows = tasks.map((task) => taskRow(task, options, unattended));
  yield* table([['TASK', 'STATUS', 'ATTEMPTS', 'TIME', ''], ...rows]);
  for (const { id: task, error } of tasks)
    if (error?.rendered) yield `\n${safeLine(task)}:\n${safeBlock(error.rendered, '  ')}`;
}

function* section(heading: string, lines: readonly string[]): Generator<string, void, void> {
  if (lines.length > 0) yield `${heading}\n${lines.join('\n')}\n\n`;
}

function taskRow(task: TaskSnapshot, times: TimeOptions, unattended: boolean): string[] {
  const { id, status, attempts, startedAt, endedAt } = task;
  // How long a task ran that nobody watches is not known.
  const span = unattended && endedAt === undefined ? '' : formatSpan(startedAt, endedAt);
  return [id, status, String(attempts), span, remark(task, times)];
}

function remark({ error, reason, retryAt, heldAt }: TaskSnapshot, times: TimeOptions): string {
  const parts = [
    retryAt === undefined ? undefined : `again at ${formatTime(retryAt, times)}`,
    heldAt === undefined ? undefined : `held since ${formatTime(heldAt, times)}`,
    error === undefined ? unexplained(heldAt) : errorLine(error),
    typeof reason === 'string' ? reason : reasonText(reason),
  ];
  return parts.filter((part) => part !== undefined).join('; ');
}

/** Of a task that is held without an error: its process ended while no orchestrator saw it. */
function unexplained(heldAt: string | undefined): string | undefined {
  return heldAt === undefined ? undefined : 'its process ended without an outcome';
}

function reasonText(reason: Exclude<TaskSnapshot['reason'], string>): string | undefined {
  if (reason === undefined) return undefined;
  if (reason.by === 'onFailure') return `because ${reason.failed} failed`;
  const because = reason.dependency === undefined ? '' : `, because of ${reason.dependency}`;
  return `trigger ${reason.rule}${because}`;
}
