import type { Execution, Outcome } from '../runners/runner.js';

/** What an attempt ends with that was told to stop before it began; why it was told decides what is recorded. */
const NOT_BEGUN: Outcome = {
  status: 'failed',
  error: { code: 'NUFLOW_NOT_BEGUN', message: 'The attempt was told to stop before it began.' },
};

/** An execution that begins later, once its input is there; told to stop before, it never begins. `begin` must not reject. */
export function lateExecution(ready: Promise<() => Execution>): Execution {
  let running: Execution | undefined;
  let stopped = false;
  const begun = ready.then((begin) => {
    if (!stopped) running = begin();
    return running;
  });
  return {
    spawned: begun.then((execution) => execution?.spawned),
    outcome: begun.then((execution) => execution?.outcome ?? NOT_BEGUN),
    stop(how) {
      stopped = true;
      running?.stop(how);
    },
  };
}

/** An execution that was over before it began. */
export function endedExecution(outcome: Outcome): Execution {
  return { spawned: Promise.resolve(undefined), outcome: Promise.resolve(outcome), stop: () => {} };
}
