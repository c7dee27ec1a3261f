import { rmSync } from 'node:fs';
import { lazySchema } from '../../lazy-import.js';
import { isThere, readRegular, replaceRegular } from '../../platform/regular-file.js';
import { trimmedPath } from '../attempt-files.js';

/** A stretch of a log file, in bytes, that was given back to the file system: its bytes read as zeros. */
export interface Cut {
  readonly from: number;
  readonly to: number;
}

/** Names the very file, since a log is replaced at its end; text, as numbers of files can be too big for a number. */
const cutFile = lazySchema((z) => z.object({ file: z.string(), from: z.number(), to: z.number() }));

/** More than any note of a cut takes. */
const MAX_BYTES = 4096;

/** Notes a cut beside the log, so that readers know which zeros are none of the task's. Throws what the file system says. */
export function writeCut(log: string, file: bigint, cut: Cut): void {
  replaceRegular(`${log}.cut`, JSON.stringify({ file: String(file), ...cut }));
}

/** The cut of a log whose file has this number; undefined when nothing was cut. */
export function readCut(log: string, file: bigint): Cut | undefined {
  try {
    const cut = cutFile().parse(JSON.parse(readRegular(`${log}.cut`, MAX_BYTES)));
    return cut.file === String(file) ? cut : undefined;
  } catch {
    return undefined;
  }
}

/** Forgets the cut of a log that was replaced. */
export function removeCut(log: string): void {
  rmSync(`${log}.cut`, { force: true });
}

/** Whether a log holds, or may hold, less than what was printed. */
export function isCut(log: string): boolean {
  return isThere(trimmedPath(log)) || isThere(`${log}.cut`);
}

/** What stands in a log for bytes that are not there. */
export function cutMarker(bytes: number): string {
  return `[nuflow: ${bytes} bytes left out]\n`;
}
