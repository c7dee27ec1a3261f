import type { TaskSpec } from '../../definition/spec.js';
import type { RecordDraft, TaskError } from '../../journal/records/record.js';
import type { ProbingTask } from '../../journal/records/state.js';
import { failure } from './attempt-failure.js';
import type { EndFacts } from './end-facts.js';

/**
 * The death of an attempt: it ended without an outcome. One rule for all, whoever killed it:
 *
 *   a probe? ── yes ──► asked ──► a value: succeeded    null: as without a probe    can't tell: held
 *      └── no ──► onInterrupted: hold ──► held    fail ──► failed
 *                 retry ──► seen: a failed attempt, by the retry policy
 *                           crash, shutdown: another attempt; held after MAX_CRASHES crashes in a row
 *
 * `seen`: the orchestrator lived and saw it (a kill, the OOM killer, a timeout). `crash`: nobody saw it, as when the
 * orchestrator or the machine crashed. `shutdown`: the orchestrator stopped it in order to end.
 */
export type Death =
  | { readonly by: 'seen'; readonly error: TaskError }
  /** `crashes`: how often in a row, this one included. */
  | { readonly by: 'crash'; readonly crashes: number }
  | { readonly by: 'shutdown' };

/** A task that dies so often in a row with its orchestrator is held: it may be what ends it. */
export const MAX_CRASHES = 5;

/** What becomes of an attempt that died. */
export function died(facts: EndFacts, death: Death): RecordDraft {
  const { spec, attempt } = facts;
  const draft = spec.probe === undefined ? notDone(facts, death) : asked(spec, attempt, death);
  if (death.by !== 'crash' || draft.type !== 'task.interrupted') return draft;
  return { ...draft, cause: 'crash' };
}

function asked({ id }: TaskSpec, attempt: number, death: Death): RecordDraft {
  const error = death.by === 'seen' ? { error: death.error } : {};
  return { type: 'task.interrupted', task: id, attempt, next: 'probe', ...error };
}

/** What becomes of an attempt that died, as far as is known without its work done. */
export function notDone(facts: EndFacts, death: Death): RecordDraft {
  const { spec, attempt } = facts;
  const error = death.by === 'seen' ? death.error : undefined;
  switch (spec.onInterrupted ?? 'retry') {
    case 'fail':
      return { type: 'task.failed', task: spec.id, attempt, error: error ?? INTERRUPTED };
    case 'hold':
      return held(spec, attempt, error);
    case 'retry':
      if (error !== undefined) return failure(facts, error);
      return death.by === 'crash' && death.crashes >= MAX_CRASHES
        ? held(spec, attempt, CRASH_LOOP)
        : { type: 'task.interrupted', task: spec.id, attempt, next: 'retry' };
  }
}

/** The task is held for a decision. */
export function held({ id }: TaskSpec, attempt: number, error?: TaskError): RecordDraft {
  const why = error === undefined ? {} : { error };
  return { type: 'task.interrupted', task: id, attempt, next: 'hold', ...why };
}

/** What becomes of a task whose probe has to be asked again; undefined when it may be. */
export function unanswered(spec: TaskSpec, { attempts, crashes = 0 }: ProbingTask) {
  return crashes < MAX_CRASHES ? undefined : held(spec, attempts, PROBE_CRASH_LOOP);
}

const INTERRUPTED: TaskError = {
  code: 'NUFLOW_INTERRUPTED',
  message:
    'The attempt ended without an outcome (the machine or the orchestrator stopped), and the task says onInterrupted: fail.',
};

const CRASH_LOOP: TaskError = {
  code: 'NUFLOW_CRASH_LOOP',
  message: `The orchestrator ended without a word ${MAX_CRASHES} times in a row while the task may have been running; it may be the cause. Find out what ended it, then decide: rerun, done or fail.`,
};

const PROBE_CRASH_LOOP: TaskError = {
  code: 'NUFLOW_CRASH_LOOP',
  message: `The orchestrator ended ${MAX_CRASHES} times in a row before the task's probe had answered, and the probe may be the cause; whether the work was done is not known. Find out what ended it, then decide: rerun, done or fail.`,
};
