import { readdirSync, readFileSync } from 'node:fs';

/** Attempts at the same time. */
const AT_ONCE = 10;
/** The kernel counts in these, ms. */
const TICK_MS = 10;

/**
 * Makes attempts, numbered from 0, ten at a time; gives the processor time that this process and its helpers took for them, ms, but
 * for the first `before`, in which what runs often is compiled.
 */
export async function processorTime(
  attempts: number,
  before: number,
  attempt: (number: number) => Promise<void>,
): Promise<number> {
  let next = 0;
  const slot = async (end: number): Promise<void> => {
    while (next < end) await attempt(next++);
  };
  const upTo = (end: number): Promise<unknown> =>
    Promise.all(Array.from({ length: AT_ONCE }, () => slot(end)));
  await upTo(before);
  const helpersBefore = helpersMs();
  const used = process.cpuUsage();
  await upTo(before + attempts);
  const { user, system } = process.cpuUsage(used);
  return (user + system) / 1_000 + helpersMs() - helpersBefore;
}

/** Processor time of the Node processes this one has started, ms. */
export function helpersMs(): number {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statOf);
  const ours = stats.filter(
    ([name, , parent]) => name === 'node' && parent === String(process.pid),
  );
  return ours.reduce((sum, stat) => sum + (Number(stat[12]) + Number(stat[13])) * TICK_MS, 0);
}

/** Fields of /proc/PID/stat from the second on; none when the process has gone. */
function statOf(pid: string): string[] {
  try {
    const [, name = '', rest = ''] =
      /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return [name, ...rest.split(' ')];
  } catch {
    return [];
  }
}
