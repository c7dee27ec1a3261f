import type { WorkflowFile } from '../../src/index.js';
import { lineInNushell, lineInShell } from './ledger.js';

type TaskFile = WorkflowFile['tasks'][number];

/** A module for tasks of the call form; written beside the ledger. */
export const LEDGER_MODULE = `
export def work [before: int, after: int] {
  ${lineInNushell('began')}
  sleep ($before * 1ms)
  ${lineInNushell('worked')}
  sleep ($after * 1ms)
  $env.NUFLOW_TASK_ID
}
`;

/** How long a task works before and after its line, ms. */
interface Span {
  readonly before: number;
  readonly after: number;
}

function shellText({ before, after }: Span): string {
  return `${lineInShell('began')}; sleep ${before / 1000}; ${lineInShell('worked')}; sleep ${after / 1000}`;
}

/** A task of each kind that adds its lines to the file `ledger` of the base folder. */
const KINDS: readonly ((span: Span) => Pick<TaskFile, 'nu' | 'shell'>)[] = [
  ({ before, after }) => ({
    nu: {
      code: `${lineInNushell('began')}; sleep ${before}ms; ${lineInNushell('worked')}; sleep ${after}ms; $env.NUFLOW_TASK_ID`,
    },
  }),
  ({ before, after }) => ({ nu: { use: 'ledger.nu', call: 'work', args: [before, after] } }),
  (span) => ({ nu: { code: `^sh -c r#'${shellText(span)}'#; $env.NUFLOW_TASK_ID` } }),
  (span) => ({ shell: { command: 'sh', args: ['-c', shellText(span)] } }),
];

/** `count` tasks in a random graph, each of a random kind and length up to `longest` ms. */
export function ledgerWorkflow(
  random: () => number,
  { count, longest, retries }: { count: number; longest: number; retries: boolean },
): WorkflowFile {
  const below = (limit: number): number => Math.floor(random() * limit);
  const tasks = Array.from({ length: count }, (_, index): TaskFile => {
    const needs = Array.from({ length: index }, (_, other) => `t${other}`).filter(
      () => below(Math.max(4, index)) === 0,
    );
    const span = { before: below(longest / 2), after: below(longest / 2) };
    const kind = KINDS[below(KINDS.length)];
    if (kind === undefined) throw new Error('no kind');
    return {
      id: `t${index}`,
      needs,
      ...kind(span),
      ...(retries ? { retry: { maximumAttempts: 20, initialInterval: 10 } } : {}),
    };
  });
  return { name: 'ledger', tasks };
}
