import type { RunEvent, RunSnapshot } from 'nuflow';
import { readEvents } from 'nuflow/inspect';
import type { Daemon } from './context.js';
import { Problem } from './problem.js';

/** Whether a run has ended. */
export function isOver({ status }: RunSnapshot): boolean {
  return status !== 'running' && status !== 'cancelling';
}

/**
 * A run's events from `from` on: those on disk, then those to come. Throws Problem 409 for a run that has
 * not ended and that nobody works on: looking at it must not make it go on.
 */
export async function runEvents(
  { orchestrator, dataDir }: Daemon,
  id: string,
  from: number,
): Promise<AsyncGenerator<RunEvent, void, void>> {
  const live = orchestrator.get(id);
  if (live !== undefined) return live.events({ from });
  if (isOver(await orchestrator.inspect(id))) return readEvents(dataDir, id, { from });
  const why = orchestrator.stopped().find(({ run }) => run === id)?.message;
  throw new Problem(409, 'left_alone', `nobody works on it${why === undefined ? '' : `: ${why}`}`);
}
