/** Does a job whose failure is told to nobody. */
export async function quietly(job: () => void | Promise<void> | undefined): Promise<void> {
  try {
    await job();
  } catch {}
}
