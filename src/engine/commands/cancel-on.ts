import { onAbort } from '../attempt/on-abort.js';
import type { RunLoop } from '../loop.js';

/** Cancels a run when the signal is aborted, at once when it is; holds nothing once the run has ended. */
export function cancelOn(signal: AbortSignal, loop: RunLoop): void {
  const cancel = (): void => loop.cancel('signal');
  const forget = onAbort(signal, cancel);
  loop.ended.then(forget, forget);
  if (signal.aborted) cancel();
}
