import { setTimeout as delay } from 'node:timers/promises';
import { generationsOf } from './family.js';
import type { ProcessEntry } from './process-entry.js';

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
export async function interruptFamily(
  family: readonly ProcessEntry[],
  isOver: () => boolean,
): Promise<void> {
  for (const [index, generation] of generationsOf(family).entries()) {
    if (index > 0) await delay(HEAD_START_MS);
    if (isOver()) return;
    for (const { pid } of generation) sendSignal(pid, 'SIGINT');
  }
}
