import { ps } from '../../platform/process-identity.js';
import type { ProcessEntry } from './process-entry.js';

/** Start times are as identify of process-identity.ts gives them. */
const COLUMNS = 'pid=,ppid=,pgid=,stat=,lstart=';

/**
 * All living processes as ps(1) shows them, for systems without /proc. It shows no environment, so there
 * are no cookies. Rejects with what keeps ps from running.
 */
export async function psTable(): Promise<readonly ProcessEntry[]> {
  const { stdout } = await ps(['-axo', COLUMNS]);
  return stdout
    .split('\n')
    .map(entryIn)
    .filter((entry) => entry !== undefined);
}

function entryIn(line: string): ProcessEntry | undefined {
  const [, pid, parent, group, state, startTime] =
    /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
  // A zombie has ended; it only waits for its parent to notice.
  if (startTime === undefined || state?.startsWith('Z')) return undefined;
  return {
    pid: Number(pid),
    parent: Number(parent),
    group: Number(group),
    startTime,
    cookie: undefined,
  };
}
