import type { ProcessEntry } from './process-entry.js';

/** What names a process. */
export type ProcessName = Pick<ProcessEntry, 'pid' | 'startTime'>;

/**
 * The processes of an attempt that live now: those with its cookie, those known to be its own from an
 * earlier look, and all descendants of either. A process that both lost the cookie and its parent before it
 * was ever seen (`env -i setsid …`) or that runs as another user is not found; without /proc there are
 * no cookies, and one that lost its parent before it was ever seen is not.
 */
export function processTreeOf(
  table: readonly ProcessEntry[],
  cookie: string,
  known: readonly ProcessName[] = [],
): ProcessEntry[] {
  const seen = new Set(known.map(nameOf));
  const isRoot = (entry: ProcessEntry): boolean =>
    entry.cookie === cookie || seen.has(nameOf(entry));
  const family = table.filter(isRoot);
  const members = new Set(family.map((entry) => entry.pid));
  const children = byParent(table);
  // Grows while it is walked, so grandchildren are reached too.
  for (const member of family) {
    for (const child of children.get(member.pid) ?? []) {
      if (members.has(child.pid)) continue;
      members.add(child.pid);
      family.push(child);
    }
  }
  return family;
}

function byParent(table: readonly ProcessEntry[]): ReadonlyMap<number, readonly ProcessEntry[]> {
  const children = new Map<number, ProcessEntry[]>();
  for (const entry of table) {
    const siblings = children.get(entry.parent);
    if (siblings === undefined) children.set(entry.parent, [entry]);
    else siblings.push(entry);
  }
  return children;
}

function nameOf({ pid, startTime }: ProcessName): string {
  return `${pid} ${startTime}`;
}

/** A family parents first: every process comes in a later generation than its parent. */
export function generationsOf(family: readonly ProcessEntry[]): ProcessEntry[][] {
  const generations: ProcessEntry[][] = [];
  let left = [...family];
  while (left.length > 0) {
    const pids = new Set(left.map((entry) => entry.pid));
    const oldest = left.filter((entry) => !pids.has(entry.parent));
    generations.push(oldest);
    left = left.filter((entry) => pids.has(entry.parent));
    if (oldest.length === 0) return [...generations, left]; // no process is its own ancestor, but tables are read while they change
  }
  return generations;
}
