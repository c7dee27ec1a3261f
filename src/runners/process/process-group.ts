import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { launchingWrapper } from './launch.js';
import type { ProcessEntry } from './process-entry.js';
import { generationsOf } from './process-tree.js';

/** Sends a signal to a process group (or, with a positive id, to a process); false when there is none, or it is not ours. */
export function sendSignal(id: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(id, signal);
    return true;
  } catch {
    return false; // ESRCH: gone already. EPERM: runs as someone else, e.g. under sudo.
  }
}

/** Sends a signal to every process of the group that `leader` began. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  return sendSignal(-leader, signal);
}

/** Head start of a parent over its children, ms. */
const HEAD_START_MS = 20;

/**
 * SIGINT once to every process of a family, parents before children, whatever groups they are in.
 * Nushell 0.115 needs the order: when its external dies of SIGINT before it has taken note of its own,
 * it interrupts the `catch` that should clean up (about one time in four with a signal to the group).
 * Ends early when `isOver` says that what it was for has ended.
 */
export async function interruptTree(
  family: readonly ProcessEntry[],
  isOver: () => boolean,
): Promise<void> {
  const known = new Set(family.map(({ pid }) => pid));
  const generations = generationsOf(family);
  // What a shell starts between the look and its own signal: it waits for that, and dies of the signal only after.
  let late: number[] = [];
  for (let index = 0; index < generations.length || late.length > 0; index++) {
    if (index > 0) await delay(HEAD_START_MS);
    if (isOver()) return;
    const pids = [...(generations[index]?.map(({ pid }) => pid) ?? []), ...late];
    late = [];
    for (const pid of pids) {
      late.push(...childrenOf(pid).filter((child) => !known.has(child)));
      for (const child of late) known.add(child);
      sendSignal(pid, 'SIGINT');
    }
  }
}

/** The children that a process has now; none where the kernel does not tell (CONFIG_PROC_CHILDREN). */
function childrenOf(pid: number): readonly number[] {
  try {
    const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return pids.split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // it is gone
  }
}

/** How soon is looked again whether a program was launched, ms; doubled each time. */
const FIRST_LOOK_MS = 2;
const LONGEST_LOOK_MS = 50;

/**
 * The same for an attempt whose program may be being launched: it gets the signal once it runs, or is not launched at all.
 * `family`: as just seen; `look`: sees it again.
 */
export async function interruptAttempt(
  family: readonly ProcessEntry[],
  look: () => Promise<readonly ProcessEntry[]>,
  isOver: () => boolean,
): Promise<void> {
  const wrapper = launchingWrapper(family);
  if (wrapper === undefined) return interruptTree(family, isOver);
  sendSignal(wrapper.pid, 'SIGINT');
  let found = family;
  for (let ms = FIRST_LOOK_MS; launchingWrapper(found) !== undefined; ms *= 2) {
    await delay(Math.min(ms, LONGEST_LOOK_MS));
    if (isOver()) return;
    found = await look();
  }
  const others = found.filter(({ pid }) => pid !== wrapper.pid);
  return interruptTree(others, isOver);
}
