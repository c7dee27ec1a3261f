import type { z } from 'zod';
import { lazySchema } from '../lazy-import.js';
import type { JsonValue } from './json.js';

/**
 * A workflow as plain data: what is journaled, hashed, compared on resume, and read from files.
 * The typed builder makes the same data plus, beside it, the functions that data can't hold.
 */

/** Airflow's trigger rules, by its names and truth table. */
export const TRIGGER_RULES = [
  'all_success',
  'all_failed',
  'all_done',
  'one_success',
  'one_failed',
  'one_done',
  'none_failed',
  'none_failed_min_one_success',
  'none_skipped',
  'all_skipped',
  'always',
] as const;
export type TriggerRule = (typeof TRIGGER_RULES)[number];

/** What a run does when a task has failed for good. */
export const ON_FAILURE = ['continue', 'finish', 'terminate'] as const;
export type OnFailure = (typeof ON_FAILURE)[number];

/** What resume does with a task whose process died without an outcome. */
export const ON_INTERRUPTED = ['retry', 'fail', 'hold'] as const;
export type OnInterrupted = (typeof ON_INTERRUPTED)[number];

/** Temporal's retry fields, in milliseconds, defaults filled in. */
export interface RetryPolicy {
  /** Delay before the second attempt, ms. */
  readonly initialIntervalMs: number;
  /** Each further delay is the one before times this; at least 1. */
  readonly backoffCoefficient: number;
  /** No delay is longer, ms. */
  readonly maximumIntervalMs: number;
  /** Attempts in all, the first one included; 1 means no retry. 0 means no limit. */
  readonly maximumAttempts: number;
  /** Error codes that are not worth another attempt. */
  readonly nonRetryableErrors: readonly string[];
  /** Share of the delay that is drawn at random, 0 to 1. */
  readonly jitter: number;
}

/** What a runner is told, as data. Parts may be references, see references.ts. */
export interface Settings {
  readonly [key: string]: JsonValue;
}

/**
 * Answers whether the work of an attempt that died without an outcome was done after all. Run by the
 * task's own runner; a value other than null is the task's output, null means that nothing was done.
 */
export interface ProbeSpec {
  readonly with: Settings;
}

export interface TaskSpec {
  readonly id: string;
  /** Name of the runner: `nu`, `fn`, `shell`, or one registered by the user. */
  readonly runner: string;
  /** Ids of the tasks this one waits for. */
  readonly needs: readonly string[];
  /** What the runner is told. */
  readonly with: Settings;
  readonly trigger?: TriggerRule | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** Per attempt, ms. */
  readonly timeoutMs?: number | undefined;
  /** Higher starts first; default 0. */
  readonly priority?: number | undefined;
  readonly onInterrupted?: OnInterrupted | undefined;
  /** Asked before `onInterrupted` has its say. */
  readonly probe?: ProbeSpec | undefined;
  /** Name of the pool whose slots the task takes; default the orchestrator's own. */
  readonly pool?: string | undefined;
  /** JSON Schema of the output, when it can be said as data. */
  readonly output?: JsonValue | undefined;
  /** Names of secrets the task is given beside those its `with` refers to. */
  readonly secrets?: readonly string[] | undefined;
  /** Hash over the source text of functions this task has beside its data, if any. */
  readonly functions?: string | undefined;
}

export interface WorkflowSpec {
  readonly name: string;
  readonly version?: string | undefined;
  /** Paths of the parts of the input that are secret, see secret-inputs.ts. */
  readonly secretInputs?: readonly (readonly string[])[] | undefined;
  readonly onFailure?: OnFailure | undefined;
  /** Of the whole run, ms. */
  readonly timeoutMs?: number | undefined;
  /** Names of the run's outputs and the tasks that give them; without it every task's output is one, under its id. */
  readonly outputs?: readonly (readonly [name: string, task: string])[] | undefined;
  readonly tasks: readonly TaskSpec[];
}

/** JSON as it came from JSON.parse: passed on as it is, so that no key (`__proto__`) is lost. */
export const jsonValue = lazySchema(
  (z): z.ZodType<JsonValue> => z.custom<JsonValue>((value) => value !== undefined),
);

const ms = lazySchema((z) => z.number().min(0));

export const retryPolicySchema = lazySchema(
  (z): z.ZodType<RetryPolicy> =>
    z.strictObject({
      initialIntervalMs: ms(),
      backoffCoefficient: z.number().min(1),
      maximumIntervalMs: ms(),
      maximumAttempts: z.int().min(0),
      nonRetryableErrors: z.array(z.string()),
      jitter: z.number().min(0).max(1),
    }),
);

const settings = lazySchema((z) =>
  z.custom<Settings>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must be an object',
  ),
);

export const taskSpecSchema = lazySchema(
  (z): z.ZodType<TaskSpec> =>
    z.strictObject({
      id: z.string(),
      runner: z.string().min(1),
      needs: z.array(z.string()),
      with: settings(),
      trigger: z.enum(TRIGGER_RULES).optional(),
      retry: retryPolicySchema().optional(),
      timeoutMs: ms().optional(),
      priority: z.number().optional(),
      onInterrupted: z.enum(ON_INTERRUPTED).optional(),
      probe: z.strictObject({ with: settings() }).optional(),
      pool: z.string().min(1).optional(),
      output: jsonValue().optional(),
      secrets: z.array(z.string()).optional(),
      functions: z.string().optional(),
    }),
);

export const workflowSpecSchema = lazySchema(
  (z): z.ZodType<WorkflowSpec> =>
    z.strictObject({
      name: z.string().min(1).max(200),
      version: z.string().optional(),
      secretInputs: z.array(z.array(z.string())).optional(),
      onFailure: z.enum(ON_FAILURE).optional(),
      timeoutMs: ms().optional(),
      outputs: z.array(z.tuple([z.string(), z.string()])).optional(),
      tasks: z.array(taskSpecSchema()),
    }),
);
