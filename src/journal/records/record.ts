import type { z } from 'zod';
import { jsonValue, ON_FAILURE, TRIGGER_RULES, workflowSpecSchema } from '../../definition/spec.js';
import { lazySchema } from '../../lazy-import.js';

/**
 * The facts a journal can hold, past tense, one union. A record is a draft plus `seq` and `at`; the
 * line on disk adds `durable` (sometimes) and `crc`, see codec.ts. docs/journal-format.md is the
 * description for readers in other languages.
 */

/** Version of the format; the first line of every journal names it. */
export const JOURNAL_FORMAT = 1;

/** Why a task failed, as data. For Nushell errors the fields are Nushell's own. */
export interface TaskError {
  /** Stable, for `nonRetryableErrors`: a Nushell error's code, `NUFLOW_…`, or a JavaScript error's code or name. */
  readonly code: string;
  readonly message: string;
  readonly help?: string | undefined;
  readonly labels?:
    | readonly {
        readonly text: string;
        readonly start?: number | undefined;
        readonly end?: number | undefined;
      }[]
    | undefined;
  readonly exitCode?: number | undefined;
  /** Signal that ended the process. */
  readonly signal?: string | undefined;
  /** The text Nushell would have shown. */
  readonly rendered?: string | undefined;
  readonly inner?: readonly TaskError[] | undefined;
}

/** Checks a {@link TaskError}. */
export const taskErrorSchema = lazySchema((z) => {
  const schema: z.ZodType<TaskError> = z.strictObject({
    code: z.string(),
    message: z.string(),
    help: z.string().optional(),
    labels: z
      .array(
        z.strictObject({
          text: z.string(),
          start: z.number().optional(),
          end: z.number().optional(),
        }),
      )
      .optional(),
    exitCode: z.number().optional(),
    signal: z.string().optional(),
    rendered: z.string().optional(),
    get inner() {
      return z.array(schema).optional();
    },
  });
  return schema;
});

/** An output kept in a file of its own, because it is over 256 KiB. `path` is relative to the run's folder. */
const outputFile = lazySchema((z) =>
  z.strictObject({ path: z.string(), sha256: z.string(), bytes: z.int() }),
);

/** Why a task was skipped, from the trigger rule or the run's `onFailure`. */
const skipReason = lazySchema((z) =>
  z.discriminatedUnion('by', [
    z.strictObject({
      by: z.literal('trigger'),
      rule: z.enum(TRIGGER_RULES),
      dependency: z.string().optional(),
    }),
    z.strictObject({ by: z.literal('onFailure'), failed: z.string() }),
  ]),
);
export type SkipReason = z.infer<ReturnType<typeof skipReason>>;

const cancelReason = lazySchema((z) => z.enum(['requested', 'runTimeout', 'terminate', 'signal']));
export type CancelReason = z.infer<ReturnType<typeof cancelReason>>;

/** What can be said of a held task: that it is to run again, that its work is done, that it failed. */
export const DECISIONS = ['rerun', 'done', 'fail'] as const;
export type Decision = (typeof DECISIONS)[number];

const drafts = lazySchema((z) => {
  const task = z.string();
  const attempt = z.int().min(1);
  const instant = z.iso.datetime();

  return [
    /** First record: the run is accepted. Everything a resume needs is here. */
    z.strictObject({
      type: z.literal('run.started'),
      format: z.literal(JOURNAL_FORMAT),
      run: z.string(),
      workflow: workflowSpecSchema(),
      input: jsonValue(),
      onFailure: z.enum(ON_FAILURE),
      /** When the run's timeout ends it. */
      deadlineAt: instant.optional(),
      /** W3C trace id of the run, 32 hex digits. */
      traceId: z.string(),
      /** Absolute path that relative paths of the definition start from, without symbolic links. */
      baseDir: z.string().optional(),
    }),
    /** Another process took the run over. */
    z.strictObject({ type: z.literal('run.resumed'), pid: z.int() }),
    z.strictObject({
      type: z.literal('run.cancelRequested'),
      reason: cancelReason(),
      message: z.string().optional(),
    }),
    z.strictObject({
      type: z.literal('run.finished'),
      status: z.enum(['succeeded', 'failed', 'cancelled']),
    }),
    /**
     * Written, and synced, before any code of the attempt runs. `ahead`: it was written before there was a slot for it. When its
     * code begins late or runs long, a second record without `ahead` says that it runs.
     */
    z.strictObject({
      type: z.literal('task.started'),
      task,
      attempt,
      ahead: z.literal(true).optional(),
    }),
    /** The attempt has a process; pid, start time and boot id together name it uniquely. */
    z.strictObject({
      type: z.literal('task.spawned'),
      task,
      attempt,
      pid: z.int(),
      startTime: z.string(),
      bootId: z.string(),
    }),
    z.strictObject({
      type: z.literal('task.succeeded'),
      task,
      attempt,
      output: jsonValue().optional(),
      outputFile: outputFile().optional(),
    }),
    /** Failed for good. `attempt` 0: it failed before its first attempt. */
    z.strictObject({
      type: z.literal('task.failed'),
      task,
      attempt: z.int().min(0),
      error: taskErrorSchema(),
    }),
    /** Failed, and will be tried again at `retryAt`. */
    z.strictObject({
      type: z.literal('task.retryScheduled'),
      task,
      attempt,
      error: taskErrorSchema(),
      retryAt: instant,
    }),
    /**
     * The attempt ended without an outcome (killed, timed out, crash, shutdown), and nothing of it is left running.
     * `next`: it is tried again; it is held for a decision; or its probe is asked, which gives `task.succeeded` when
     * the work was done after all, and else a record that says what follows. `error`: how the attempt ended, when the
     * orchestrator saw it; with `hold` also why a probe could not tell. `cause: 'crash'`: no orchestrator saw it end.
     * `begun`: no code of the attempt ran, so that it counts as none, and the next has its number.
     */
    z.strictObject({
      type: z.literal('task.interrupted'),
      task,
      attempt,
      next: z.enum(['retry', 'hold', 'probe']),
      begun: z.literal(false).optional(),
      error: taskErrorSchema().optional(),
      cause: z.literal('crash').optional(),
    }),
    /** Somebody said what becomes of a held task. `output` or `outputFile` belongs to `done`. */
    z.strictObject({
      type: z.literal('task.decided'),
      task,
      attempt,
      decision: z.enum(DECISIONS),
      output: jsonValue().optional(),
      outputFile: outputFile().optional(),
      message: z.string().optional(),
    }),
    z.strictObject({
      type: z.literal('task.skipped'),
      task,
      status: z.enum(['skipped', 'upstreamFailed']),
      reason: skipReason(),
    }),
    /** Nothing of the task is left running. `attempt` is absent when none had started. */
    z.strictObject({
      type: z.literal('task.cancelled'),
      task,
      attempt: attempt.optional(),
      reason: cancelReason(),
    }),
  ] as const;
});

/** A fact before the journal gave it a place and a time. */
export const recordDraftSchema = lazySchema((z) => z.discriminatedUnion('type', drafts()));
export type RecordDraft = z.infer<ReturnType<typeof recordDraftSchema>>;

/** A fact in a journal. `seq` starts at 1 and has no gaps; `at` is an RFC 3339 instant in UTC. */
export type JournalRecord = RecordDraft & { readonly seq: number; readonly at: string };

export type RecordType = RecordDraft['type'];
const DESCRIBED: Readonly<Record<RecordType, true>> = {
  'run.started': true,
  'run.resumed': true,
  'run.cancelRequested': true,
  'run.finished': true,
  'task.started': true,
  'task.spawned': true,
  'task.succeeded': true,
  'task.failed': true,
  'task.retryScheduled': true,
  'task.interrupted': true,
  'task.decided': true,
  'task.skipped': true,
  'task.cancelled': true,
};
/** Every type there is, in the order in which they are described. */
export const RECORD_TYPES = Object.keys(DESCRIBED) as readonly RecordType[];
/** The record of one type, e.g. `RecordOf<'task.failed'>`. */
export type RecordOf<T extends RecordType> = Extract<JournalRecord, { type: T }>;
export type TaskRecord = Extract<JournalRecord, { task: string }>;
export type OutputFile = z.infer<ReturnType<typeof outputFile>>;
export type FinishedStatus = RecordOf<'run.finished'>['status'];
