import type { TaskSpec, TriggerRule } from '../../src/definition/spec.js';
import type { RecordDraft } from '../../src/journal/records/record.js';
import {
  type FailedTask,
  isFinished,
  isTerminal,
  type RunState,
  type TaskState,
  type TaskStatus,
  taskState,
} from '../../src/journal/records/state.js';
import { verdict } from '../../src/scheduler/trigger-rules.js';

/** What may happen next in a run. */
export interface Decision {
  /** Tasks that may start, by pool, most important first. */
  readonly ready: ReadonlyMap<string | undefined, readonly { task: string; attempt: number }[]>;
  /** Facts that follow without anything running, in definition order. */
  readonly settled: readonly RecordDraft[];
}

/**
 * `decide` worked out from nothing but the state, by the shortest way rather than the fastest: what
 * the incremental Frontier must agree with. `due`: retrying tasks whose time has come.
 */
export function decide(state: RunState, due: ReadonlySet<string>): Decision {
  if (isFinished(state)) return { ready: new Map(), settled: [] };
  const stop = stopOf(state);
  const { tasks } = state.workflow;
  const settled = tasks.flatMap((task) =>
    stop === undefined
      ? skipped(state, task)
      : writtenOff(taskState(state, task.id), task.id, stop),
  );
  const ready = stop === undefined ? tasks.filter((task) => mayStart(state, task, due)) : [];
  return {
    ready: byPool(state, ready),
    settled: tasks.every(({ id }) => isTerminal(taskState(state, id))) ? [end(state)] : settled,
  };
}

type Stop =
  | { by: 'cancel'; reason: 'requested' }
  | { by: 'onFailure'; failed: string; terminates: boolean };

function stopOf(state: RunState): Stop | undefined {
  if (state.phase.status === 'cancelling') return { by: 'cancel', reason: 'requested' };
  if (state.onFailure === 'continue') return undefined;
  const failed = [...state.tasks]
    .filter((entry): entry is [string, FailedTask] => entry[1].status === 'failed')
    .sort(([, a], [, b]) => a.endedAt.localeCompare(b.endedAt))[0];
  if (failed === undefined) return undefined;
  return { by: 'onFailure', failed: failed[0], terminates: state.onFailure === 'terminate' };
}

function mayStart(state: RunState, task: TaskSpec, due: ReadonlySet<string>): boolean {
  const { status } = taskState(state, task.id);
  if (status === 'retrying') return due.has(task.id);
  return status === 'pending' && verdictOf(state, task) === 'run';
}

function verdictOf(state: RunState, task: TaskSpec) {
  const ended = needsOf(task).map((need) => taskState(state, need).status);
  const count = (...statuses: TaskStatus[]): number =>
    ended.filter((status) => statuses.includes(status)).length;
  return verdict(task.trigger ?? 'all_success', {
    total: ended.length,
    succeeded: count('succeeded'),
    failed: count('failed', 'cancelled'),
    upstreamFailed: count('upstreamFailed'),
    skipped: count('skipped'),
  });
}

function needsOf(task: TaskSpec): string[] {
  return [...new Set(task.needs)];
}

function skipped(state: RunState, task: TaskSpec): RecordDraft[] {
  const { id, trigger: rule = 'all_success' } = task;
  const answer = verdictOf(state, task);
  if (taskState(state, id).status !== 'pending' || answer === 'run' || answer === 'wait') return [];
  const needs = needsOf(task);
  const blamed = answer === 'skipped' ? SKIPPED_BY[rule] : UPSTREAM_FAILED_BY[rule];
  const dependency =
    needs.length === 1
      ? needs[0]
      : needs.find((need) => blamed?.includes(taskState(state, need).status));
  const reason = {
    by: 'trigger',
    rule,
    ...(dependency === undefined ? {} : { dependency }),
  } as const;
  return [{ type: 'task.skipped', task: id, status: answer, reason }];
}

/** How one need has to end to settle the rule, whatever the others do. */
const SKIPPED_BY: { readonly [rule in TriggerRule]?: readonly TaskStatus[] } = {
  all_success: ['skipped'],
  none_skipped: ['skipped'],
  all_failed: ['succeeded', 'skipped'],
  all_skipped: ['succeeded', 'failed', 'cancelled', 'upstreamFailed'],
};
const BROKEN: readonly TaskStatus[] = ['failed', 'cancelled', 'upstreamFailed'];
const UPSTREAM_FAILED_BY: { readonly [rule in TriggerRule]?: readonly TaskStatus[] } = {
  all_success: BROKEN,
  none_failed: BROKEN,
  none_failed_min_one_success: BROKEN,
};

function writtenOff(task: TaskState, id: string, stop: Stop): RecordDraft[] {
  if (isTerminal(task) || task.status === 'running' || task.status === 'probing') return [];
  if (stop.by === 'cancel') {
    const attempt = task.attempts === 0 ? {} : { attempt: task.attempts };
    return [{ type: 'task.cancelled', task: id, ...attempt, reason: stop.reason }];
  }
  if (task.status === 'interrupted')
    return stop.terminates
      ? [{ type: 'task.cancelled', task: id, attempt: task.attempts, reason: 'terminate' }]
      : [];
  if (task.status === 'retrying')
    return [{ type: 'task.failed', task: id, attempt: task.attempts, error: task.error }];
  const { by, failed } = stop;
  return [{ type: 'task.skipped', task: id, status: 'skipped', reason: { by, failed } }];
}

function end(state: RunState): RecordDraft {
  const has = (status: TaskStatus): boolean =>
    [...state.tasks.values()].some((task) => task.status === status);
  const status =
    state.phase.status === 'cancelling' && has('cancelled')
      ? 'cancelled'
      : has('failed') || has('upstreamFailed')
        ? 'failed'
        : 'succeeded';
  return { type: 'run.finished', status };
}

function byPool(state: RunState, ready: readonly TaskSpec[]): Decision['ready'] {
  const { tasks } = state.workflow;
  const pathLength = ({ id }: TaskSpec): number =>
    1 + Math.max(0, ...tasks.filter(({ needs }) => needs.includes(id)).map(pathLength));
  const pools = new Map<string | undefined, { task: string; attempt: number }[]>();
  for (const task of ready.toSorted(
    (a, b) => (b.priority ?? 0) - (a.priority ?? 0) || pathLength(b) - pathLength(a),
  )) {
    const known = taskState(state, task.id);
    const attempt = ('attempts' in known ? known.attempts : 0) + 1;
    pools.set(task.pool, [...(pools.get(task.pool) ?? []), { task: task.id, attempt }]);
  }
  return pools;
}
