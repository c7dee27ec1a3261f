import type { Orchestrator, StoppedRun } from 'nuflow';
import type { Log } from './log.js';

/** The first new try comes after so long, ms; each further one after twice the time, up to a most. */
const FIRST_MS = 1_000;
/** Space may come back at any moment, and looking for it costs little. */
const MOST_FOR_SPACE_MS = 15_000;
/** Other causes want somebody to act, and looking for them may mean to read a whole journal. */
const MOST_MS = 600_000;
const SPACE: ReadonlySet<string> = new Set(['NUFLOW_DISK_FULL', 'NUFLOW_JOURNAL_WRITE']);

/** What {@link retryStopped} needs of an orchestrator. */
export type Stoppable = Pick<Orchestrator, 'onStopped' | 'stopped'> & {
  resume(id: string): Promise<unknown>;
};

/**
 * Says in the log which runs stop, and resumes each as soon as its cause is gone. Returns the way to end that; it must
 * be called before the orchestrator is closed.
 */
export function retryStopped(orchestrator: Stoppable, log: Log): () => void {
  const timers = new Map<string, NodeJS.Timeout>();
  const tries = new Map<string, number>();
  const current = (id: string): StoppedRun | undefined =>
    orchestrator.stopped().find(({ run }) => run === id);

  const schedule = ({ run, code }: StoppedRun): void => {
    if (timers.has(run)) return;
    const tried = tries.get(run) ?? 0;
    const most = SPACE.has(code) ? MOST_FOR_SPACE_MS : MOST_MS;
    const timer = setTimeout(() => void again(run), Math.min(FIRST_MS * 2 ** tried, most));
    tries.set(run, tried + 1);
    timers.set(run, timer.unref());
  };
  const again = async (id: string): Promise<void> => {
    const before = current(id);
    if (before !== undefined) await orchestrator.resume(id).catch(() => {}); // said when it stopped
    const isEnded = !timers.delete(id);
    const after = current(id);
    if (isEnded) return;
    if (after !== undefined) return schedule(after);
    tries.delete(id);
    log.line(`${id} goes on`);
  };

  const unsubscribe = orchestrator.onStopped((stopped) => {
    log.line(`${stopped.run} stopped: ${stopped.code}: ${stopped.message}`);
    schedule(stopped);
  });
  return () => {
    unsubscribe();
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
  };
}
