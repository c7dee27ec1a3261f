import { NuflowError, quote } from '../../errors.js';

/** A decision about a task that is not held for one. `status` says what it is instead. Nothing was written. */
export class NotHeldError extends NuflowError {
  readonly status: string;
  constructor(run: string, task: string, status: string) {
    super(
      'NUFLOW_NOT_HELD',
      `Task ${quote(task)} of run ${quote(run)} is not held for a decision: it is ${status}; look at the run to see what it waits for.`,
      { run, task, status },
    );
    this.status = status;
  }
}

/** A held task can't run again: after a failure its run starts nothing more (`onFailure`). Nothing was written. */
export class RerunRefusedError extends NuflowError {
  constructor(run: string, task: string) {
    super(
      'NUFLOW_RERUN_REFUSED',
      `Task ${quote(task)} of run ${quote(run)} can't run again, because the run starts nothing more after a failure; decide done or fail, or cancel the run.`,
      { run, task },
    );
  }
}

/** The output given for a held task does not pass the task's output schema. Nothing was written. */
export class InvalidOutputError extends NuflowError {
  constructor(task: string, why: string) {
    super(
      'NUFLOW_OUTPUT_INVALID',
      `The output given for task ${quote(task)} is not one it could have: ${why}`,
      { task, why },
    );
  }
}
