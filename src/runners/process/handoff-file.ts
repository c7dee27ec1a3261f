import { withDescriptors } from '../../platform/descriptors.js';
import type { ProcessIdentity } from '../../platform/process-identity.js';
import { readRegular } from '../../platform/regular-file.js';
import type { AttemptFiles } from '../attempt-files.js';

/** More than any identity takes. */
const MAX_BYTES = 4096;

/**
 * The process that does an attempt's work though it was started before the attempt: its environment holds
 * another cookie, so who it is was left in the attempt's folder before it was told to work. Undefined for all others.
 */
export async function handedOffProcess({
  process,
}: AttemptFiles): Promise<ProcessIdentity | undefined> {
  try {
    const text = await withDescriptors(() => readRegular(process, MAX_BYTES));
    return identityIn(JSON.parse(text));
  } catch {
    return undefined; // none, or not whole: then it was not told to work
  }
}

function identityIn(found: Partial<ProcessIdentity>): ProcessIdentity | undefined {
  const { pid, startTime, bootId } = found;
  const isWhole = Number.isSafeInteger(pid) && Boolean(startTime) && typeof bootId === 'string';
  return isWhole ? (found as ProcessIdentity) : undefined;
}
