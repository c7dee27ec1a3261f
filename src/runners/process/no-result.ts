import { constants } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import { tailOf } from '../logs/log-tail.js';
import type { Outcome } from '../runner.js';
import type { ProcessEnd } from './process.js';

/** How much of stderr goes into an error, bytes. */
const STDERR_TAIL = 4096;
const PARSE_ERROR = /^Error: (nu::(?:parser|compile)::\w+)\s+(?:x|×) (.+)$/m;

/** An end that says something. */
type SeenEnd = Exclude<ProcessEnd, { kind: 'unseen' }>;

/**
 * The outcome of a process that left no result: it ended itself, or never got that far. stderr is the only
 * witness; its end becomes `rendered`. One that a signal ended, whoever sent it, left no outcome; nor is any known
 * when nobody saw the end.
 */
export function noResult(end: ProcessEnd, stderr: string): Outcome {
  if (end.kind === 'unseen') return { status: 'interrupted' };
  const rendered = stripVTControlCharacters(tailOf(stderr, STDERR_TAIL));
  return {
    status: end.kind === 'signalled' ? 'interrupted' : 'failed',
    error: { ...describe(end, rendered), ...(rendered === '' ? {} : { rendered }) },
  };
}

function describe(end: SeenEnd, stderr: string) {
  switch (end.kind) {
    case 'signalled':
      return {
        code: 'NUFLOW_SIGNAL',
        message: `The process was ended by ${end.signal} before it left a result.`,
        signal: end.signal,
      };
    case 'notStarted':
      return { code: 'NUFLOW_SPAWN_FAILED', message: end.reason };
    case 'exited':
      return exited(end.exitCode, stderr);
  }
}

function exited(exitCode: number, stderr: string) {
  const [, code, message] = exitCode === 0 ? [] : (PARSE_ERROR.exec(stderr) ?? []);
  if (code !== undefined && message !== undefined) return { code, message, exitCode };
  return exitCode === 0
    ? {
        code: 'NUFLOW_NO_RESULT',
        message:
          'The process ended with exit code 0 but left no result; "exit" ends it before the result is written, use "return".',
        exitCode,
      }
    : {
        code: 'NUFLOW_EXIT',
        message: `The process ended with exit code ${exitCode}.`,
        exitCode,
      };
}

/** Name of a signal, e.g. `SIGKILL`; `SIG34` when it has none. */
export function signalName(number: number): string {
  const [name = `SIG${number}`] =
    Object.entries(constants.signals).find(([, other]) => other === number) ?? [];
  return name;
}
