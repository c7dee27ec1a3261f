import type { RunSnapshot } from 'nuflow';
import type { DataDirHolder } from 'nuflow/inspect';
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

/** Where to type it: another process that has the data directory must be told itself. */
export function decisionPlace(
  { id }: Pick<RunSnapshot, 'id'>,
  holder: DataDirHolder | undefined,
): string {
  if (holder === undefined) return 'Held for a decision:';
  return `Held for a decision. Process ${holder.pid} has the data directory: decide there (a daemon: POST /workflows/${id}/tasks/TASK/decide), or when it has ended, with:`;
}

const AT_WORK: ReadonlySet<string> = new Set(['running', 'retrying', 'probing']);
const ENDED: ReadonlySet<string> = new Set([
  'succeeded',
  'failed',
  'upstreamFailed',
  'skipped',
  'cancelled',
]);

/** Whether `resume` would do nothing: tasks are held, and no other one can start before somebody decides. */
export function waitsOnlyForDecisions({
  held,
  tasks,
}: Pick<RunSnapshot, 'held' | 'tasks'>): boolean {
  const ended = new Set(tasks.filter(({ status }) => ENDED.has(status)).map(({ id }) => id));
  return held.length > 0 && !tasks.some(canMove);

  function canMove({ id, status, needs }: RunSnapshot['tasks'][number]): boolean {
    if (AT_WORK.has(status)) return true;
    if (status === 'interrupted') return !held.includes(id);
    return status === 'pending' && needs.every((need) => ended.has(need));
  }
}
