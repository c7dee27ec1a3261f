import type { Execution, Outcome } from '../../runners/runner.js';

/** What an attempt ends with that was told to stop before it began; why it was told decides what is recorded. */
const NOT_BEGUN: Outcome = {
  status: 'notBegun',
  error: { code: 'NUFLOW_NOT_BEGUN', message: 'The attempt was told to stop before it began.' },
};

/**
 * An execution that begins later, once its input is there; told to stop before, it never begins, and has
 * ended at once, however long the input takes. Nor does it begin once it is detached: nobody would know
 * of it. `ready` must not reject.
 */
export function deferredExecution(ready: Promise<() => Execution>): Execution {
  let running: Execution | undefined;
  let stopped = false;
  let giveUp: (outcome: Outcome) => void = () => {};
  const givenUp = new Promise<Outcome>((resolve) => {
    giveUp = resolve;
  });
  const begun = ready.then((begin) => {
    if (!stopped) running = begin();
    return running;
  });
  return {
    spawned: begun.then((execution) => execution?.spawned),
    outcome: Promise.race([begun.then((execution) => execution?.outcome ?? NOT_BEGUN), givenUp]),
    stop(how) {
      stopped = true;
      if (running === undefined) giveUp(NOT_BEGUN);
      else running.stop(how);
    },
    hasEnded: async () => (await running?.hasEnded?.()) ?? false,
    detach() {
      stopped = true;
      return running?.detach?.();
    },
  };
}

/** An execution that was over before it began. */
export function endedExecution(outcome: Outcome): Execution {
  return { spawned: Promise.resolve(undefined), outcome: Promise.resolve(outcome), stop: () => {} };
}
