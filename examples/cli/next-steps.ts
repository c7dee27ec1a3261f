import type { RunSnapshot } from 'nuflow';
import { shellWord } from './text.js';

export const DEFAULT_DATA_DIR = '.nuflow';

/** A command of ours to be typed, for this data directory; `command` may be two words. */
export function commandLine(
  dataDir: string,
  command: string,
  ...operands: readonly string[]
): string {
  const store = dataDir === DEFAULT_DATA_DIR ? [] : ['--data-dir', dataDir];
  const guard = operands.some((word) => word.startsWith('-')) ? ['--'] : [];
  return ['nuflow', ...command.split(' '), ...store, ...guard, ...operands]
    .map(shellWord)
    .join(' ');
}

/** What to type next for each held task. */
export function decisionLines(
  dataDir: string,
  { id, held }: Pick<RunSnapshot, 'id' | 'held'>,
): string[] {
  return held.map((task) => `  ${commandLine(dataDir, 'decide', id, task)} rerun|done|fail`);
}
