import {
  isRecord,
  type Orchestrator,
  type Run,
  type RunEvent,
  type RunResult,
  type RunSnapshot,
  RunUnfinishedError,
} from 'nuflow';
import { countText } from './counts.js';
import { EXIT } from './exit-codes.js';
import { tell } from './messages.js';
import { commandLine, decisionLines } from './next-steps.js';
import { writeJson } from './output.js';
import { type ProgressOptions, type ProgressView, progressView } from './progress.js';
import { causeLines } from './root-cause.js';
import { onSignals } from './signals.js';
import { formatSpan } from './text.js';

/** A run to follow, and the event to begin with. */
export interface Followed {
  readonly run: Run<unknown>;
  readonly from: number;
}

export interface FollowOptions extends ProgressOptions {
  readonly dataDir: string;
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
    if (result !== undefined) codes.push(await report(run, result, options));
    else if (run.waitsForDecision) codes.push(await reportWaiting(run, options));
    else {
      const next = commandLine(options.dataDir, 'resume', run.id);
      tell(`run ${run.id} has not finished; go on with: ${next}`);
      codes.push(signals.exitCode() ?? EXIT.failed);
    }
  }
  return codes.reduce((worst, code) => Math.max(worst, code), EXIT.done);
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
  run: Run<unknown>,
  result: RunResult<unknown>,
  options: FollowOptions,
): Promise<number> {
  const { status, outputs, failures } = result;
  // That data could not be written is said at the end; how the run ended is known all the same.
  await (options.json
    ? writeJson({ id: run.id, status, outputs, failures })
    : writeJson(outputs, 2)
  ).catch(() => {});
  if (status !== 'succeeded' || !options.quiet) tell(endText(run.snapshot(), options));
  return status === 'succeeded' ? EXIT.done : EXIT.failed;
}

/** How a run ended, why, and what to type next. */
function endText(run: RunSnapshot, { dataDir }: FollowOptions): string {
  const { id, status, progress, startedAt, endedAt } = run;
  const end = `run ${id} ${status}: ${countText(progress)}, ${formatSpan(startedAt, endedAt)}`;
  if (status === 'succeeded') return end;
  const next = `  look at it with: ${commandLine(dataDir, 'show', id)}`;
  return [end, ...causeLines(run, dataDir), next].join('\n');
}

async function reportWaiting(run: Run<unknown>, { json, dataDir }: FollowOptions): Promise<number> {
  const { id, status, held } = run.snapshot();
  if (json) await writeJson({ id, status, held }).catch(() => {});
  tell(`run ${id} waits for a decision:\n${decisionLines(dataDir, { id, held }).join('\n')}`);
  return EXIT.waiting;
}
