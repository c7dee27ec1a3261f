import type { RunLoop } from '../loop.js';

/** How closing treats runs that have not finished. All but `cancel` leave them resumable. */
export type CloseMode =
  /** Start nothing more, wait for what runs. */
  | 'drain'
  /** Start nothing more, interrupt what runs; after the grace, or when called again, kill it. */
  | 'stop'
  /** Cancel the runs. */
  | 'cancel'
  /** Leave running processes to themselves; the next open finds them. Functions can't be found, so their signal is aborted. */
  | 'detach';

/** Ends work on a run. */
export async function closeLoop(loop: RunLoop, mode: CloseMode): Promise<void> {
  switch (mode) {
    case 'drain':
      return loop.drain();
    case 'stop':
      return loop.stop();
    case 'detach':
      return loop.detach();
    case 'cancel':
      loop.cancel('requested', 'the orchestrator was closed');
      return loop.ended.catch(() => {});
  }
}
