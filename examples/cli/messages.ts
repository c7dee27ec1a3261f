import {
  DataDirLockedError,
  NuflowError,
  SecretMissingError,
  UnreachableError,
  WorkflowNotRegisteredError,
} from 'nuflow';
import { safeJson, safeLines } from '../shared/terminal-text.js';
import { UsageError } from './exit-codes.js';
import { OutputError } from './output.js';

/** Says something to a person, on stderr. */
export function tell(message: string): void {
  process.stderr.write(`${messageText(message)}\n`);
}

/** A message as it is shown: what comes after its first line is indented, so that no line of it looks like another message. */
export function messageText(message: string): string {
  return safeLines(message)
    .map((line, at) => (at === 0 || /^\s|^$/.test(line) ? line : `  ${line}`))
    .join('\n');
}

/** Says what went wrong; with `json` as one line of JSON. */
export function tellError(error: unknown, json = false): void {
  if (json) process.stderr.write(`${safeJson(JSON.stringify({ error: errorData(error) }))}\n`);
  else tell(`nuflow: ${messageOf(error)}`);
}

/** An error as data, for `--json`. */
export function errorData(error: unknown): { code: string; message: string; details?: unknown } {
  if (error instanceof NuflowError)
    return { code: error.code, message: error.message, details: error.details };
  const code =
    error instanceof UsageError
      ? 'USAGE'
      : error instanceof OutputError
        ? 'OUTPUT'
        : (systemCode(error) ?? 'ERROR');
  return { code, message: error instanceof Error ? error.message : String(error) };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UnreachableError) return error.stack ?? error.message;
  if (error instanceof NuflowError) return `${error.code}: ${nextStep(error)}`;
  if (error instanceof UsageError || error instanceof OutputError) return error.message;
  const code = systemCode(error);
  if (code === undefined) return error.stack ?? error.message; // a bug
  return error.message.startsWith(code) ? error.message : `${code}: ${error.message}`;
}

/** The message of an error, with what to do as it is typed here. */
function nextStep(error: NuflowError): string {
  if (error instanceof DataDirLockedError) {
    const { pid = 'unknown', since = 'an unknown time', details } = error;
    return `${details.dataDir} is in use by process ${pid} since ${since}; stop it, use another --data-dir, or only look: nuflow list | show | logs | events`;
  }
  if (error instanceof WorkflowNotRegisteredError)
    return `${error.message}\nHere: nuflow resume --workflows MODULE`;
  if (error instanceof SecretMissingError)
    return `${error.message}\nHere: --secret NAME, --secret NAME=VARIABLE or --secret NAME=@FILE`;
  return error.message;
}

/** `ENOTDIR`, of an error of the system. */
function systemCode(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  return typeof syscall === 'string' && typeof code === 'string' ? code : undefined;
}
