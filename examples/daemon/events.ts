import type { Orchestrator, RunEvent, RunSnapshot } from 'nuflow';

/** A run's events from `from` on: those on disk, then, while this process works on it, those to come. */
export async function runEvents(
  orchestrator: Orchestrator,
  { id }: RunSnapshot,
  from: number,
): Promise<AsyncGenerator<RunEvent, void, void>> {
  const run = orchestrator.get(id) ?? (await orchestrator.resume(id));
  return run.events({ from });
}
