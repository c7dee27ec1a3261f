const callbacks = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when the signal is aborted; returns the way to stop. One listener of the signal serves everybody: Node
 * takes more than ten for a leak, and one signal may stand for any number of runs.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const waiting = callbacks.get(signal) ?? listening(signal);
  waiting.add(callback);
  return () => waiting.delete(callback);
}

function listening(signal: AbortSignal): Set<() => void> {
  const waiting = new Set<() => void>();
  callbacks.set(signal, waiting);
  const tellAll = (): void => {
    for (const callback of waiting) callback();
  };
  signal.addEventListener('abort', tellAll, { once: true });
  return waiting;
}
