import { NuflowError } from '../../errors.js';

/** Not even the first record of a journal is good, so there is nothing to go on with. Nothing was changed. */
export class JournalNotRepairableError extends NuflowError {
  constructor(run: string, file: string, why: string) {
    super(
      'NUFLOW_JOURNAL_NOT_REPAIRABLE',
      `The first record of ${file} is not good (${why}), so there is nothing to go on with; nothing was changed. Restore it from a copy, or start the run anew under another id.`,
      { run, file, why },
    );
  }
}
