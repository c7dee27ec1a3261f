import type { Job } from './graphs.js';

/** What bounds any schedule of a workload, ms. */
export interface Bounds {
  /** The longest path: no number of slots beats it. */
  readonly pathMs: number;
  readonly workMs: number;
}

export function boundsOf(jobs: readonly Job[]): Bounds {
  return {
    pathMs: Math.max(...pathsOf(jobs).values()),
    workMs: jobs.reduce((sum, { ms }) => sum + ms, 0),
  };
}

/** What Graham proved of every schedule that leaves no slot idle while a task is ready, ms. */
export function grahamMs({ pathMs, workMs }: Bounds, slots: number): number {
  return workMs / slots + pathMs * (1 - 1 / slots);
}

/** When the last task ends if, whenever a slot is free, the ready task with the longest path to the end starts, ms. */
export function listScheduleMs(jobs: readonly Job[], slots: number): number {
  const paths = pathsOf(jobs);
  const dependents = dependentsOf(jobs);
  const waiting = new Map(jobs.map(({ id, needs }) => [id, needs.length]));
  const ready = jobs.filter(({ needs }) => needs.length === 0);
  const running: { job: Job; endMs: number }[] = [];
  let now = 0;
  while (ready.length > 0 || running.length > 0) {
    ready.sort((a, b) => (paths.get(b.id) ?? 0) - (paths.get(a.id) ?? 0));
    for (const job of ready.splice(0, slots - running.length))
      running.push({ job, endMs: now + job.ms });
    running.sort((a, b) => a.endMs - b.endMs);
    now = running[0]?.endMs ?? now;
    while (running[0]?.endMs === now) {
      for (const next of dependents.get(running.shift()?.job.id ?? '') ?? []) {
        const left = (waiting.get(next.id) ?? 0) - 1;
        waiting.set(next.id, left);
        if (left === 0) ready.push(next);
      }
    }
  }
  return now;
}

function dependentsOf(jobs: readonly Job[]): Map<string, Job[]> {
  const dependents = new Map(jobs.map(({ id }): [string, Job[]] => [id, []]));
  for (const job of jobs) for (const need of job.needs) dependents.get(need)?.push(job);
  return dependents;
}

/** Of each job the longest path from its beginning to the end, ms. Jobs stand after what they need. */
function pathsOf(jobs: readonly Job[]): Map<string, number> {
  const dependents = dependentsOf(jobs);
  const paths = new Map<string, number>();
  for (const { id, ms } of jobs.toReversed()) {
    const after = (dependents.get(id) ?? []).map((next) => paths.get(next.id) ?? 0);
    paths.set(id, ms + Math.max(0, ...after));
  }
  return paths;
}
