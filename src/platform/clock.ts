/** Time as a port, so that tests and simulations own it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. May jump; never use it to measure a span. */
  now(): number;
  /** Milliseconds of a clock that never goes back; only differences mean something. */
  monotonic(): number;
  /**
   * Calls `run` once after `ms` milliseconds (any length, 0 included); returns the way to cancel it. What is in the
   * background does not keep the process alive.
   */
  after(ms: number, run: () => void, options?: { readonly isBackground?: boolean }): Cancel;
  /** Calls `run` once the current turn of the event loop is over; what was asked for first runs first. */
  soon(run: () => void): void;
}

export type Cancel = () => void;

/** setTimeout's own limit; longer waits are made of several. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run, { isBackground = false } = {}) {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      const step = Math.min(left, MAX_TIMEOUT_MS);
      timer = setTimeout(() => (left > step ? arm(left - step) : run()), step);
      if (isBackground) timer.unref();
    };
    arm(Math.max(0, ms));
    return () => clearTimeout(timer);
  },
  soon: (run) => void setImmediate(run),
};
