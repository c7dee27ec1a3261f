import { NuflowError } from '../../errors.js';
import type { Position } from '../position.js';

/** One thing that is wrong in a file. */
export interface FileProblem extends Position {
  /** Stable, such as `NUFLOW_INVALID_DEFINITION`, `NUFLOW_CYCLE`, `NUFLOW_BAD_YAML`. */
  readonly code: string;
  /** Says which task and key, and what next. */
  readonly message: string;
  /** Id of the task it is about. */
  readonly task?: string | undefined;
  /** Such as `tasks.server.timeout`; none for what is wrong with the text itself. */
  readonly path?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** Problems listed, at most. */
const LISTED = 50;

/**
 * A workflow file can't be run. `problems` are all that were found, in the order of the file; the message has a line
 * for each, `file:line:column: message`. The code is that of the problems when they have one in common, else
 * `NUFLOW_INVALID_DEFINITION`.
 */
export class WorkflowFileError extends NuflowError {
  readonly file: string;
  readonly problems: readonly FileProblem[];

  constructor(file: string, found: readonly FileProblem[], options?: ErrorOptions) {
    const problems = [...found].sort((a, b) => a.line - b.line || a.column - b.column);
    const listed = problems.slice(0, LISTED);
    const lines = listed.map(
      ({ line, column, message }) => `${file}:${line}:${column}: ${message}`,
    );
    const more = problems.length - listed.length;
    if (more > 0) lines.push(`${file}: and ${more} more`);
    const codes = new Set(problems.map(({ code }) => code));
    const [first] = problems;
    const code = codes.size === 1 && first !== undefined ? first.code : 'NUFLOW_INVALID_DEFINITION';
    const alone = problems.length === 1 ? first?.details : undefined;
    super(code, lines.join('\n'), { ...alone, file, problems: listed }, options);
    this.file = file;
    this.problems = problems;
  }
}
