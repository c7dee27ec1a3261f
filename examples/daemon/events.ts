import type { Orchestrator, RunEvent, RunSnapshot } from 'nuflow';
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
  orchestrator: Orchestrator,
  id: string,
  from: number,
): Promise<AsyncGenerator<RunEvent, void, void>> {
  const live = orchestrator.get(id);
  if (live !== undefined) return live.events({ from });
  if (!isOver(await orchestrator.inspect(id)))
    throw new Problem(409, 'left_alone', 'nobody works on it; the log of the daemon says why');
  return (await orchestrator.resume(id)).events({ from });
}
