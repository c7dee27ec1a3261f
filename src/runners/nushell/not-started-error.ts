import { NuflowError } from '../../errors.js';

/** Nushell is there, and could not be started just now (no descriptor or process left, …); nothing was started. */
export class NushellNotStartedError extends NuflowError {
  constructor(binary: string, cause: Error) {
    super(
      'NUFLOW_NU_NOT_STARTED',
      `${binary} could not be started (${cause.message}); nothing was started. Fix the cause (ulimit -n, ulimit -u), then try again.`,
      { binary },
      { cause },
    );
  }
}
