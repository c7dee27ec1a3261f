import { attemptFiles } from '../attempt-files.js';
import type { AttemptRef } from '../runner.js';
import { LogCap, MAX_LOG_BYTES } from './log-cap.js';
import { LogTail } from './log-tail.js';
import { logWatch } from './log-watch.js';

const STREAMS = ['stdout', 'stderr'] as const;

/** Logs of an attempt that are being followed. */
export interface FollowedLogs {
  /** Hands on what is left and makes the logs as they will stay. To be called when nothing of the attempt is left. Never rejects. */
  finish(): Promise<void>;
  /** Lets go of them, for good: whoever adopts the attempt follows them next. */
  leave(): void;
}

/**
 * Hands on what an attempt prints, as it prints it, and keeps its logs within their bound; its stdout of up to
 * `wholeStdout` bytes only when it is finished.
 */
export function followLogs(attempt: AttemptRef, wholeStdout = 0): FollowedLogs {
  const logs = STREAMS.map((stream) =>
    followLog(attempt, stream, stream === 'stdout' ? wholeStdout : 0),
  );
  return {
    async finish() {
      await Promise.all(logs.map((log) => log.finish()));
    },
    leave() {
      for (const log of logs) log.leave();
    },
  };
}

function followLog(
  attempt: AttemptRef,
  stream: (typeof STREAMS)[number],
  wholeBytes: number,
): FollowedLogs {
  const path = attemptFiles(attempt.dir)[stream];
  const cap = new LogCap(path, attempt.maxLogBytes ?? MAX_LOG_BYTES, wholeBytes);
  const tail = new LogTail(path, (piece) => attempt.output({ stream, ...piece }), attempt.isHeard);
  const look = (): number => {
    const size = tail.look();
    cap.grown(size);
    return size;
  };
  const unwatch = logWatch.add({ path, look, isAwaited: () => tail.isAwaited });
  let isLeft = false;
  return {
    async finish() {
      if (isLeft) return;
      unwatch();
      tail.finish();
      await cap.finish();
    },
    leave() {
      isLeft = true;
      unwatch();
    },
  };
}
