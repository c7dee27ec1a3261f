import type { RetryPolicy } from '../../definition/spec.js';
import type { TaskError } from '../../journal/records/record.js';

/**
 * Delay before the next attempt, ms, after `failures` failures (at least 1): exponential, bounded, and
 * with `jitter` j drawn evenly from [1 − j, 1] of it. `random` is in [0, 1). Fields and formula are Temporal's, but for jitter.
 */
export function backoffMs(policy: RetryPolicy, failures: number, random: number): number {
  const factor = Math.min(policy.backoffCoefficient ** (failures - 1), Number.MAX_VALUE); // 0 × ∞ is no delay
  const delay = Math.min(policy.initialIntervalMs * factor, policy.maximumIntervalMs);
  return Math.round(delay * (1 - policy.jitter * random));
}

/** Whether a task that failed `failures` times, last with `error`, is worth another attempt. */
export function mayRetry(
  policy: RetryPolicy | undefined,
  failures: number,
  error: TaskError,
): boolean {
  if (policy === undefined || policy.nonRetryableErrors.includes(error.code)) return false;
  return policy.maximumAttempts === 0 || failures < policy.maximumAttempts;
}
