import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { lateSchema } from '../late.js';

/** A stretch of a log file, in bytes, that was given back to the file system: its bytes read as zeros. */
export interface Cut {
  readonly from: number;
  readonly to: number;
}

/** Names the very file, since a log is replaced at its end; text, as numbers of files can be too big for a number. */
const cutFile = lateSchema((z) => z.object({ file: z.string(), from: z.number(), to: z.number() }));

/** Notes a cut beside the log, so that readers know which zeros are none of the task's. Throws what the file system says. */
export function writeCut(log: string, file: bigint, cut: Cut): void {
  const aside = `${log}.cut.tmp`;
  writeFileSync(aside, JSON.stringify({ file: String(file), ...cut }), { mode: 0o600 });
  renameSync(aside, `${log}.cut`);
}

/** The cut of a log whose file has this number; undefined when nothing was cut. */
export function readCut(log: string, file: bigint): Cut | undefined {
  try {
    const cut = cutFile().parse(JSON.parse(readFileSync(`${log}.cut`, 'utf8')));
    return cut.file === String(file) ? cut : undefined;
  } catch {
    return undefined;
  }
}

/** Forgets the cut of a log that was replaced. */
export function removeCut(log: string): void {
  rmSync(`${log}.cut`, { force: true });
}

/** What stands in a log for bytes that are not there. */
export function cutMarker(bytes: number): string {
  return `[nuflow: ${bytes} bytes left out]\n`;
}
