import { OrchestratorClosedError, RunUnfinishedError } from '../errors.js';

/** A method that gives a promise. */
type Method = (this: unknown, ...args: unknown[]) => Promise<unknown>;

/**
 * Lets these methods be called without waiting for them while the orchestrator is being closed: that they were
 * too late for it is told to who waits, and is no unhandled rejection, which would end the process. Other errors
 * that nobody handles stay unhandled.
 */
export function handleClosing<T extends object>(prototype: T, names: readonly (keyof T)[]): void {
  for (const name of names) {
    const method = prototype[name] as Method;
    const value = function (this: unknown, ...args: unknown[]): Promise<unknown> {
      return handled(method.apply(this, args));
    };
    Object.defineProperty(prototype, name, {
      value: Object.defineProperty(value, 'name', { value: name }),
      writable: true,
      configurable: true,
    });
  }
}

function handled<T>(promise: Promise<T>): Promise<T> {
  const told = new Promise<T>((resolve, reject) => {
    promise.then(resolve, (error: unknown) => {
      if (error instanceof OrchestratorClosedError || error instanceof RunUnfinishedError)
        told.catch(() => {});
      reject(error);
    });
  });
  return told;
}
