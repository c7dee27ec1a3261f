/** Attempts at the same time. */
const AT_ONCE = 10;
/** Attempts that go before and do not count: what is compiled then is compiled. */
const WARM_UP = 50;

/** Makes attempts, numbered from 0, ten at a time; gives the processor time that this process took for them, ms. */
export async function processorTime(
  attempts: number,
  attempt: (number: number) => Promise<void>,
): Promise<number> {
  let next = 0;
  const slot = async (end: number): Promise<void> => {
    while (next < end) await attempt(next++);
  };
  const upTo = (end: number): Promise<unknown> =>
    Promise.all(Array.from({ length: AT_ONCE }, () => slot(end)));
  await upTo(WARM_UP);
  const before = process.cpuUsage();
  await upTo(WARM_UP + attempts);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
