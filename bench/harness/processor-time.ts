/** Attempts at the same time. */
const AT_ONCE = 10;

/**
 * Makes attempts, numbered from 0, ten at a time; gives the processor time that this process took for them, ms, but for the
 * first `before`, in which what runs often is compiled.
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
  const used = process.cpuUsage();
  await upTo(before + attempts);
  const { user, system } = process.cpuUsage(used);
  return (user + system) / 1_000;
}
