import { NuflowError } from '../../errors.js';
import { type Position, positionText } from '../position.js';

/**
 * A text is not JSON that can be taken. `details` has `line`, `column` and `why`. The text itself is not quoted,
 * but for a key that appears twice: it may hold secrets.
 */
export class BadJsonError extends NuflowError {
  readonly position: Position;
  constructor(
    source: { readonly what: string; readonly file?: string | undefined },
    position: Position,
    why: string,
  ) {
    const { what, file } = source;
    const { line, column } = position;
    const place =
      file === undefined ? `${what}, ${positionText(position)}` : `${file}:${line}:${column}`;
    super('NUFLOW_BAD_JSON', `${place}: ${why}`, {
      ...(file === undefined ? { what } : { file }),
      line,
      column,
      why,
    });
    this.position = position;
  }
}
