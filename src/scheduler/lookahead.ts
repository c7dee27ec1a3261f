import { neighbours, type Plan } from '../dag/plan.js';
import { SUCCEEDED, type TaskStatuses, WAITING } from './task-status.js';
import type { UpstreamCounts } from './upstream-counts.js';

/** A task that waits for nothing but tasks under way, or such as wait for nothing but those. */
export interface Coming {
  readonly task: number;
  /** 1: for tasks under way alone. */
  readonly steps: number;
}

/** Dependents that are looked at for one answer: it is only a guess, and must stay cheap in any graph. */
const MAX_LOOKS = 1_000;

/** What the guess is made from. */
export interface Standing {
  readonly plan: Plan;
  readonly statuses: TaskStatuses;
  readonly upstream: UpstreamCounts;
}

/** At most `limit` tasks that may start soon, the nearest first. Whether their trigger rules will let them is left open. */
export function coming({ plan, statuses, upstream }: Standing, limit: number): Coming[] {
  const found: Coming[] = [];
  const expected = new Set(statuses.underWay());
  const isMet = (need: number): boolean => statuses.of(need) >= SUCCEEDED || expected.has(need);
  const canCome = (task: number): boolean => {
    if (statuses.of(task) !== WAITING || expected.has(task)) return false;
    const { total, ...ended } = upstream.of(task);
    const missing = total - Object.values(ended).reduce((sum, count) => sum + count, 0);
    return missing <= expected.size && neighbours(plan.needs, task).every(isMet);
  };
  let looks = 0;
  let level: ReadonlySet<number> = new Set(expected);
  for (let steps = 1; level.size > 0; steps++) {
    const next = new Set<number>();
    for (const task of level)
      for (const dependent of neighbours(plan.dependents, task)) {
        if (found.length >= limit || looks++ >= MAX_LOOKS) return found;
        if (next.has(dependent) || !canCome(dependent)) continue;
        next.add(dependent);
        found.push({ task: dependent, steps });
      }
    for (const task of next) expected.add(task);
    level = next;
  }
  return found;
}
