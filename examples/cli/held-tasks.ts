import type { RunSnapshot } from 'nuflow';
import { shellWord } from './text.js';

/** What to type next for each held task. */
export function decisionLines({ id, held }: Pick<RunSnapshot, 'id' | 'held'>): string[] {
  return held.map((task) => `  nuflow decide ${shellWord(id)} ${shellWord(task)} rerun|done|fail`);
}
