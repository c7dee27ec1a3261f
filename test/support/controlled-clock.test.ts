import type { Clock } from '../../src/platform/clock.js';
import { clockContract } from './clock-contract.js';
import { ControlledClock } from './controlled-clock.js';

/** With somebody who lets time pass, to the next timer for each that is set. */
function flowing(): Clock {
  const clock = new ControlledClock();
  const flow = (): void => {
    const [next] = clock.awaited;
    if (next !== undefined && next < 1_000) clock.move(next);
  };
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    soon: (run) => clock.soon(run),
    after: (ms, run) => {
      setImmediate(flow);
      return clock.after(ms, run);
    },
  };
}

clockContract('A controlled clock', flowing);
