import type { TaskError } from '../../journal/records/record.js';

/** How an attempt ended that left no outcome, when it was seen to end, but not by what. */
export const DIED: TaskError = {
  code: 'NUFLOW_PROCESS_DIED',
  message:
    "The attempt's process ended without leaving a result; what ended it was not seen, since its parent was gone. Look for the OOM killer in the system's log (dmesg).",
};
