import { setTimeout as delay } from 'node:timers/promises';
import { sendSignal } from './process-group.js';
import { type ProcessEntry, processTable } from './process-table.js';

/**
 * The processes of an attempt that live now: those with its cookie, those known to be its own from an
 * earlier look, and all descendants of either. Linux only: elsewhere the table is empty, and only
 * process groups are stopped. A process that both lost the cookie and its parent before it was ever
 * seen (`env -i setsid …`) or that runs as another user is not found.
 */
export function familyOf(
  table: readonly ProcessEntry[],
  cookie: string,
  known: readonly ProcessEntry[] = [],
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

function nameOf({ pid, startTime }: ProcessEntry): string {
  return `${pid} ${startTime}`;
}

const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 200;

/** Empty looks in a row that prove nothing is left: one alone may miss a process that forks and ends meanwhile. */
const EMPTY_LOOKS = 2;

/**
 * Kills every process of an attempt, and those they start meanwhile, until none is left. Takes as
 * long as that takes: a process in uninterruptible sleep is waited for, since it is still there.
 */
export async function sweep(cookie: string, known: readonly ProcessEntry[] = []): Promise<void> {
  let family = known;
  let wait = FIRST_WAIT_MS;
  for (let empty = 0; empty < EMPTY_LOOKS; ) {
    family = familyOf(await processTable(), cookie, family);
    empty = family.length === 0 ? empty + 1 : 0;
    if (family.length === 0) continue;
    for (const { pid } of family) sendSignal(pid, 'SIGKILL');
    await delay(wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}
