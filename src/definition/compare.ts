import { canonicalJson, type JsonValue } from './json.js';
import type { TaskSpec, WorkflowSpec } from './spec.js';

/** How a task of one definition differs from the other's. */
export interface TaskChange {
  readonly task: string;
  readonly change: 'added' | 'removed' | 'changed';
}

/** The tasks in which `after` differs from `before`, in definition order; empty when both mean the same. */
export function compareTasks(before: WorkflowSpec, after: WorkflowSpec): TaskChange[] {
  if (sameInOrder(before.tasks, after.tasks)) return [];
  const old = new Map(before.tasks.map((task) => [task.id, task]));
  const kept = new Set(after.tasks.map((task) => task.id));
  const changes: TaskChange[] = before.tasks
    .filter((task) => !kept.has(task.id))
    .map((task) => ({ task: task.id, change: 'removed' }));
  for (const task of after.tasks) {
    const was = old.get(task.id);
    if (was === undefined) changes.push({ task: task.id, change: 'added' });
    else if (!same(was, task)) changes.push({ task: task.id, change: 'changed' });
  }
  return changes;
}

/** What a definition that did not change is, at little cost. */
function sameInOrder(before: readonly TaskSpec[], after: readonly TaskSpec[]): boolean {
  return (
    before.length === after.length &&
    before.every((task, index) => same(task, after[index] as TaskSpec))
  );
}

/** Most are equal part by part; only the others are worth putting in order. */
function same(a: TaskSpec, b: TaskSpec): boolean {
  return a.id === b.id && (alike(a, b) || fingerprint(a) === fingerprint(b));
}

/** Whether two values are surely the same JSON, keys in whatever order. */
function alike(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const parts = Object.entries(a);
  if (parts.length !== Object.keys(b).length) return false;
  return parts.every(
    ([key, part]) => Object.hasOwn(b, key) && alike(part, (b as Record<string, unknown>)[key]),
  );
}

/** Text that is equal for equal tasks, whatever order their keys or needs are in. */
function fingerprint(task: TaskSpec): string {
  const { needs, ...rest } = task;
  return canonicalJson({ ...rest, needs: [...needs].sort() } as unknown as JsonValue);
}
