import { setTimeout as delay } from 'node:timers/promises';

const NO_DESCRIPTOR: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);
const RETRY_MS = 50;

/** Whether the error is not the fault of what was asked for: there is no descriptor (or memory for one) just now. */
export function isDescriptorShortage(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return NO_DESCRIPTOR.has(code);
}

/**
 * Calls `use` again until it does not fail for want of a file descriptor: for looking at what is there, where
 * "could not look" taken for "is not there" would be a lie. Rejects with any other error.
 */
export async function withDescriptors<T>(use: () => T): Promise<T> {
  for (;;) {
    try {
      return use();
    } catch (error) {
      if (!isDescriptorShortage(error)) throw error;
    }
    await delay(RETRY_MS);
  }
}
