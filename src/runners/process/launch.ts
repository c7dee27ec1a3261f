import { readFileSync } from 'node:fs';
import type { ProcessEntry } from './process-entry.js';
import { isLauncher, isWrapper } from './status-wrapper.js';

/**
 * The wrapper of an attempt's program when it has no program yet, or one that is still a copy of the wrapper or env(1): what is
 * signalled then is lost, as SIGINT is ignored or caught until the program itself runs. Undefined when the program runs, when
 * there is no wrapper, and where there is no /proc to tell.
 */
export function launchingWrapper(family: readonly ProcessEntry[]): ProcessEntry | undefined {
  const pids = new Set(family.map(({ pid }) => pid));
  const roots = family.filter(({ parent }) => !pids.has(parent));
  const wrapper =
    roots.find(({ pid }) => isWrapper(commandLine(pid))) ??
    roots.find(({ pid }) => commandLine(pid).length === 0); // in the middle of its own exec
  if (wrapper === undefined) return undefined;
  const children = family.filter(({ parent }) => parent === wrapper.pid);
  return children.every(isBeingLaunched) ? wrapper : undefined;
}

function isBeingLaunched({ pid }: ProcessEntry): boolean {
  const words = commandLine(pid);
  // Without words it is in the middle of an exec, or has hidden them.
  return words.length === 0 ? ignoresInterrupt(pid) : isLauncher(words);
}

function commandLine(pid: number): readonly string[] {
  return read(`/proc/${pid}/cmdline`).split('\0').slice(0, -1);
}

/** SigIgn in proc(5) status: a mask in hexadecimal; SIGINT is its second bit. */
function ignoresInterrupt(pid: number): boolean {
  return /^SigIgn:\t[\da-f]*[2367abef]$/m.test(read(`/proc/${pid}/status`));
}

/** Empty when the process is gone, or where there is no /proc. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
