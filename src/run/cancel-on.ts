import type { RunLoop } from './loop.js';

/** Cancels a run when the signal is aborted, at once when it is; holds nothing once the run has ended. */
export function cancelOn(signal: AbortSignal, loop: RunLoop): void {
  const cancel = (): void => loop.cancel('signal');
  signal.addEventListener('abort', cancel, { once: true });
  const forget = (): void => signal.removeEventListener('abort', cancel);
  loop.ended.then(forget, forget);
  if (signal.aborted) cancel();
}
