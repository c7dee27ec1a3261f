import { InvalidDefinitionError } from '../errors.js';
import { type Duration, durationMs, MAX_DURATION_MS, timeoutMs } from './duration.js';
import { assertKnownKeys, described, ofDefinition } from './known-keys.js';
import { secretName } from './secret-name.js';
import {
  ON_INTERRUPTED,
  type OnInterrupted,
  type RetryPolicy,
  retryPolicySchema,
  type TaskSpec,
  TRIGGER_RULES,
  type TriggerRule,
} from './spec.js';

/** Temporal's retry fields. Without `retry`, or without `maximumAttempts`, a task is tried once. */
export interface RetryOptions {
  /** Delay before the second attempt; default `'1s'`. */
  readonly initialInterval?: Duration | undefined;
  /** Each further delay is the one before times this; at least 1, default 2. */
  readonly backoffCoefficient?: number | undefined;
  /** No delay is longer; default 100 times `initialInterval`. */
  readonly maximumInterval?: Duration | undefined;
  /** Attempts in all, the first included; 0 is no limit; default 1: creating things is seldom safe to repeat. */
  readonly maximumAttempts?: number | undefined;
  /** Error codes that end the task at once. */
  readonly nonRetryableErrors?: readonly string[] | undefined;
  /** Share of each delay that is drawn at random, 0 to 1; default 0. */
  readonly jitter?: number | undefined;
}

/** What every kind of task can be told. */
export interface CommonTaskOptions {
  /** When the task may start, seen from the tasks it needs; Airflow's names. Default `all_success`. */
  readonly trigger?: TriggerRule | undefined;
  readonly retry?: RetryOptions | undefined;
  /** Longest time of one attempt; default none. */
  readonly timeout?: Duration | undefined;
  /** Higher starts first; default 0. Between equals the longer path to the end goes first. */
  readonly priority?: number | undefined;
  /** After a crash, when the attempt left no outcome, and its `probe` (if it has one) says that nothing was done; default `retry`. */
  readonly onInterrupted?: OnInterrupted | undefined;
  /** Pool whose slots the task takes; default the orchestrator's own. */
  readonly pool?: string | undefined;
  /**
   * Names of secrets the task is given beside those that `{ $secret }` refers to: its functions see them as
   * `secrets`, and what it prints is redacted, also when it came to know them in another way.
   */
  readonly secrets?: readonly string[] | undefined;
}

type CommonSpec = Pick<
  TaskSpec,
  'trigger' | 'retry' | 'timeoutMs' | 'priority' | 'onInterrupted' | 'pool' | 'secrets'
>;

/** Checked data of the common options; absent ones stay absent. `path` leads the error's place. */
export function commonSpec(options: CommonTaskOptions, path: string): CommonSpec {
  const spec: { -readonly [K in keyof CommonSpec]: CommonSpec[K] } = {};
  if (options.trigger !== undefined)
    spec.trigger = oneOf(TRIGGER_RULES, options.trigger, `${path}.trigger`);
  if (options.retry !== undefined) spec.retry = retryPolicy(options.retry, `${path}.retry`);
  if (options.timeout !== undefined) spec.timeoutMs = timeoutMs(options.timeout, `${path}.timeout`);
  if (options.priority !== undefined) spec.priority = finite(options.priority, `${path}.priority`);
  if (options.onInterrupted !== undefined)
    spec.onInterrupted = oneOf(ON_INTERRUPTED, options.onInterrupted, `${path}.onInterrupted`);
  if (options.pool !== undefined) spec.pool = poolName(options.pool, `${path}.pool`);
  if (options.secrets !== undefined) spec.secrets = secretNames(options.secrets, `${path}.secrets`);
  return spec;
}

const RETRY_KEYS: ReadonlySet<string> = new Set<keyof RetryOptions>([
  'initialInterval',
  'backoffCoefficient',
  'maximumInterval',
  'maximumAttempts',
  'nonRetryableErrors',
  'jitter',
]);

/** Temporal's defaults, but for maximumAttempts; see {@link RetryOptions}. */
export function retryPolicy(options: RetryOptions, path: string): RetryPolicy {
  if (typeof options === 'number')
    throw new InvalidDefinitionError(
      path,
      `must be an object, not ${options}; write { maximumAttempts: ${options} }`,
    );
  assertKnownKeys(options, RETRY_KEYS, { where: path, call: 'retry', refuse: ofDefinition });
  const initialIntervalMs = durationMs(options.initialInterval ?? 1_000, `${path}.initialInterval`);
  const policy = retryPolicySchema().safeParse({
    initialIntervalMs,
    backoffCoefficient: options.backoffCoefficient ?? 2,
    maximumIntervalMs: durationMs(
      options.maximumInterval ?? Math.min(100 * initialIntervalMs, MAX_DURATION_MS),
      `${path}.maximumInterval`,
    ),
    maximumAttempts: options.maximumAttempts ?? 1,
    nonRetryableErrors: options.nonRetryableErrors ?? [],
    jitter: options.jitter ?? 0,
  });
  if (policy.success) return policy.data;
  const [issue] = policy.error.issues;
  throw new InvalidDefinitionError(
    `${path}.${issue?.path.join('.')}`,
    issue?.message ?? 'is not valid',
  );
}

/** `value`, when it is one of `allowed`; otherwise an error that lists them. */
export function oneOf<T extends string>(allowed: readonly T[], value: string, path: string): T {
  const match = allowed.find((candidate) => candidate === value);
  if (match !== undefined) return match;
  throw new InvalidDefinitionError(path, `${described(value)} is not one of ${allowed.join(', ')}`);
}

function finite(value: number, path: string): number {
  if (Number.isFinite(value)) return value;
  throw new InvalidDefinitionError(path, `${described(value)} is not a finite number`);
}

function poolName(value: unknown, path: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidDefinitionError(path, `${described(value)} is not the name of a pool`);
}

function secretNames(names: unknown, path: string): readonly string[] {
  if (Array.isArray(names)) return names.map((name) => secretName(name, path));
  throw new InvalidDefinitionError(
    path,
    `must be a list of names, not ${described(names)}; write ["NAME"]`,
  );
}
