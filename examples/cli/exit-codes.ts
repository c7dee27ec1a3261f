/** What the command says by its exit code. */
export const EXIT = {
  done: 0,
  /** A run failed or was cancelled, or could not go on. */
  failed: 1,
  /** The command, the workflow or its input is wrong; nothing was started. */
  usage: 2,
  /** A run can only go on when somebody decides about a held task. */
  waiting: 3,
  /** Another process has the data directory (EX_TEMPFAIL of sysexits.h: try again later). */
  locked: 75,
  /** Interrupted with Ctrl-C; the run can be resumed. */
  interrupted: 130,
} as const;

/** The command was used wrongly. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
