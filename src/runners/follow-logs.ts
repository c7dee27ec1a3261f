import { attemptFiles } from './attempt-files.js';
import { LogCap, MAX_LOG_BYTES } from './log-cap.js';
import { LogTail } from './log-tail.js';
import { logWatch } from './log-watch.js';
import type { AttemptPlace } from './runner.js';

const STREAMS = ['stdout', 'stderr'] as const;

/**
 * Hands on what an attempt prints, as it prints it, and keeps its logs within their bound. Returns the way
 * to end that: it resolves when what is left was handed on and the logs are as they will stay. Never rejects.
 */
export function followLogs(attempt: AttemptPlace, from: 'start' | 'end'): () => Promise<void> {
  const finish = STREAMS.map((stream) => followLog(attempt, stream, from));
  return async () => {
    await Promise.all(finish.map((it) => it()));
  };
}

function followLog(
  attempt: AttemptPlace,
  stream: (typeof STREAMS)[number],
  from: 'start' | 'end',
): () => Promise<void> {
  const path = attemptFiles(attempt.dir)[stream];
  const cap = new LogCap(path, attempt.maxLogBytes ?? MAX_LOG_BYTES);
  const stopTail = followTail(path, from, attempt, { stream, cap });
  return () => {
    stopTail();
    return cap.finish();
  };
}

function followTail(
  path: string,
  from: 'start' | 'end',
  { output, isHeard }: AttemptPlace,
  { stream, cap }: { readonly stream: (typeof STREAMS)[number]; readonly cap: LogCap },
): () => void {
  try {
    const tail = new LogTail(path, from, (text) => output({ stream, text }), isHeard);
    const unwatch = logWatch.add({ look: () => cap.grown(tail.look()) });
    return () => {
      unwatch();
      tail.finish();
    };
  } catch {
    return () => {}; // no descriptor left, or no log: then there is just no live output
  }
}
