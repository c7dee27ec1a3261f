import { dirname } from 'node:path';
import { isFull } from '../../platform/free-space.js';
import { isThere } from '../../platform/regular-file.js';
import type { AttemptFiles } from '../attempt-files.js';
import type { Outcome } from '../runner.js';

/** Code of the error of an attempt whose result was lost for want of space. */
export const RESULT_LOST = 'NUFLOW_RESULT_LOST';

/** The outcome of an attempt that was over, and whose result found no space. */
export const LOST_RESULT = {
  status: 'interrupted',
  error: {
    code: RESULT_LOST,
    message:
      'The disk was full: the task ended, but its result could not be written, so whether its work was done is not known. Make space and look for what the task did, then decide: rerun, done or fail.',
  },
} as const satisfies Outcome;

/** That outcome, when the attempt's process ended before the result that it had begun to write found space. */
export async function lostResult(files: AttemptFiles): Promise<Outcome | undefined> {
  const { result } = files;
  const isBegun = !isThere(result) && isThere(`${result}.tmp`);
  return isBegun && (await isFull(dirname(result))) ? LOST_RESULT : undefined;
}
