import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { z } from 'zod';
import { lateSchema } from '../late.js';
import { identify, isAlive } from './process-identity.js';

/** Who holds a lock, written into the lock file for people and for the error of a second opener. */
const holder = lateSchema((z) =>
  z.object({
    pid: z.number(),
    startTime: z.string(),
    bootId: z.string(),
    since: z.string(),
    /** Name of the machine, for folders that several mount. */
    host: z.string().optional(),
  }),
);
export type LockHolder = z.infer<ReturnType<typeof holder>>;

/** This process as a holder, as text for a file. */
export async function describeHolder(since: string): Promise<string> {
  const self = (await identify(process.pid)) ?? { pid: process.pid, startTime: '', bootId: '' };
  return `${JSON.stringify({ ...self, since, host: hostname() })}\n`;
}

/** Who a lock file names; undefined when there is no file, or nothing in it that names a process. */
export async function readHolder(path: string): Promise<LockHolder | undefined> {
  try {
    return holder().parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Who a lock file names, if that very process still runs. */
export async function livingHolder(path: string): Promise<LockHolder | undefined> {
  const found = await readHolder(path);
  return found !== undefined && (await isAlive(found)) ? found : undefined;
}
