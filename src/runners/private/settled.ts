import type { Outcome } from '../runner.js';

/** What came of an attempt's private files. */
export interface Settled {
  /** Whether some of what it printed is not in its logs. */
  readonly isLossy: boolean;
  /** Why its result can't be used, when it left something that can't. */
  readonly refused?: Outcome | undefined;
}

/** The outcome of an attempt by its files, with what came of those that were private. `readsStdout`: its output is what it printed. */
export function withSettled<O extends Outcome | undefined>(
  outcome: O,
  settled: Settled | undefined,
  readsStdout: boolean,
): O | Outcome {
  if (settled === undefined) return outcome;
  if (settled.refused !== undefined) return settled.refused;
  const isLost = settled.isLossy && readsStdout && outcome?.status === 'succeeded';
  return isLost ? LOST : outcome;
}

const LOST: Outcome = {
  status: 'failed',
  error: {
    code: 'NUFLOW_OUTPUT_LOST',
    message:
      'The program succeeded, but some of what it printed was lost before secrets could be taken out of it: the filter that does so was ended, could not write, or was too slow. Look for what the task did before it runs again.',
  },
};
