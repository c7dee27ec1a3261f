import {
  isRecord,
  type Orchestrator,
  type Run,
  type RunEvent,
  type RunResult,
  RunUnfinishedError,
} from 'nuflow';
import { EXIT } from './exit-codes.js';
import { decisionLines } from './held-tasks.js';
import { tell } from './messages.js';
import { write, writeJson } from './output.js';
import { type ProgressOptions, type ProgressView, progressView } from './progress.js';
import { onSignals } from './signals.js';

/** A run to follow, and the event to begin with. */
export interface Followed {
  readonly run: Run<unknown>;
  readonly from: number;
}

export interface FollowOptions extends ProgressOptions {
  readonly json?: boolean | undefined;
}

/** Shows runs until they end, then writes their results. Returns the exit code. */
export async function followRuns(
  orchestrator: Orchestrator,
  runs: readonly Followed[],
  options: FollowOptions,
): Promise<number> {
  const view = progressView(options);
  const signals = onSignals(orchestrator, (line) => view.tell(line));
  const ends = await Promise.all(runs.map((it) => followed(view, it))).finally(() => {
    signals.stop();
    view.close();
  });
  // Only now: a result on the same terminal would be drawn over.
  const codes: number[] = [];
  for (const [index, { run }] of runs.entries()) {
    const result = ends[index];
    if (result !== undefined) codes.push(await report(run.id, result, options));
    else if (run.waitsForDecision) codes.push(await reportWaiting(run, options));
    else {
      tell(`run ${run.id} has not finished; go on with: nuflow resume ${run.id}`);
      codes.push(signals.exitCode() ?? EXIT.failed);
    }
  }
  return Math.max(EXIT.done, ...codes);
}

/**
 * The run's result after all its events were shown; undefined when the orchestrator was closed before it
 * ended, or when only decisions can make it go on.
 */
async function followed(
  view: ProgressView,
  { run, from }: Followed,
): Promise<RunResult<unknown> | undefined> {
  const ended = settled(run);
  return (await show(view, run, from)) === 'waits' ? undefined : ended;
}

async function show(
  view: ProgressView,
  run: Run<unknown>,
  from: number,
): Promise<'ended' | 'waits'> {
  if (run.waitsForDecision && run.snapshot().seq < from) return 'waits'; // and there is nothing to show
  for await (const event of run.events({ from })) {
    view.show(run, event);
    if (run.waitsForDecision && isLast(run, event)) return 'waits';
  }
  return 'ended';
}

/** Whether nothing that is on disk comes after the event. */
function isLast(run: Run<unknown>, event: RunEvent): boolean {
  return isRecord(event) && event.seq >= run.snapshot().seq;
}

/** The result; undefined when the orchestrator was closed before. */
async function settled(run: Run<unknown>): Promise<RunResult<unknown> | undefined> {
  try {
    return await run.result;
  } catch (error) {
    if (error instanceof RunUnfinishedError) return undefined;
    throw error;
  }
}

async function report(
  id: string,
  result: RunResult<unknown>,
  { json }: FollowOptions,
): Promise<number> {
  const { status, outputs, failures } = result;
  // The data is lost on a reader that went away; that the run succeeded is not.
  await (json
    ? writeJson({ id, status, outputs, failures })
    : write(`${JSON.stringify(outputs, undefined, 2)}\n`)
  ).catch(() => {});
  if (status === 'succeeded') return EXIT.done;
  tell(`run ${id} ${status}; look at it with: nuflow show ${id}`);
  return EXIT.failed;
}

async function reportWaiting(run: Run<unknown>, { json }: FollowOptions): Promise<number> {
  const { id, status, held } = run.snapshot();
  if (json) await writeJson({ id, status, held }).catch(() => {});
  tell(`run ${id} waits for a decision:\n${decisionLines({ id, held }).join('\n')}`);
  return EXIT.waiting;
}
