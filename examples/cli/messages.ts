import {
  NuflowError,
  SecretMissingError,
  UnreachableError,
  WorkflowNotRegisteredError,
} from 'nuflow';
import { UsageError } from './exit-codes.js';
import { printable } from './text.js';

/** Says something to a person, on stderr. */
export function tell(message: string): void {
  process.stderr.write(`${printable(message)}\n`);
}

/** Says what went wrong; with `json` as one line of JSON. */
export function tellError(error: unknown, json = false): void {
  if (json) process.stderr.write(`${JSON.stringify({ error: errorData(error) })}\n`);
  else tell(`nuflow: ${messageOf(error)}`);
}

/** An error as data, for `--json`. */
export function errorData(error: unknown): { code: string; message: string; details?: unknown } {
  if (error instanceof NuflowError)
    return { code: error.code, message: error.message, details: error.details };
  const code = error instanceof UsageError ? 'USAGE' : 'ERROR';
  return { code, message: error instanceof Error ? error.message : String(error) };
}

function messageOf(error: unknown): string {
  if (error instanceof WorkflowNotRegisteredError)
    return `${error.message}\nHere: nuflow resume --workflows MODULE`;
  if (error instanceof SecretMissingError)
    return `${error.message}\nHere: --secret NAME, --secret NAME=VARIABLE or --secret NAME=@FILE`;
  const expected = error instanceof UsageError || error instanceof NuflowError;
  if (!(error instanceof Error)) return String(error);
  const bug = !expected || error instanceof UnreachableError;
  return bug ? (error.stack ?? error.message) : error.message;
}
