import type { Executor } from './executor.js';

/** Does a job when a slot is free; settles as the job does. */
export function inSlot<T>(executor: Executor, job: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    executor.submit(() => job().then(resolve, reject));
  });
}
