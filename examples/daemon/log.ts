import { inspect } from 'node:util';
import { safeLine } from '../shared/terminal-text.js';

/** The daemon's log, a line an event. */
export interface Log {
  /** Says something. */
  line(text: string): void;
  /** Says that something went wrong here, with where it did. */
  failure(error: unknown): void;
}

/** What a log writes to: standard error, say. */
export interface LogStream {
  write(text: string): unknown;
  /** Characters that wait for the reader. */
  readonly writableLength: number;
  on(event: 'error', listener: () => void): unknown;
}

/** What may wait for a reader that reads slowly or not at all; more is dropped, and counted. */
const MAX_WAITING = 1024 * 1024;
/** A line that is the same as the one before is counted, for so long, ms. */
const REPEATED_MS = 60_000;
const FRAME = /^\s+at /;

/**
 * A log on a stream. What tasks and clients say can't forge lines in it, nor move a terminal's cursor. A reader that
 * is gone, slow or out of space does no harm: lines are lost then, nothing else.
 */
export function logOn(stream: LogStream, now: () => number = Date.now): Log {
  let last = { text: '', at: 0, repeated: 0 };
  let dropped = 0;
  const write = (text: string): void => {
    if (stream.writableLength > MAX_WAITING) dropped++;
    else {
      const gap = dropped === 0 ? '' : `${dropped} lines were dropped, nobody read them\n`;
      dropped = 0;
      stream.write(`${gap}${text}\n`);
    }
  };
  const entry = (text: string): void => {
    if (text === last.text && now() - last.at < REPEATED_MS) {
      last.repeated++;
      return;
    }
    if (last.repeated > 0) write(`the line before was repeated ${last.repeated} times`);
    last = { text, at: now(), repeated: 0 };
    write(text);
  };
  stream.on('error', () => {});
  return {
    line: (text) => entry(safeLine(text)),
    failure: (error) => entry(failureText(error)),
  };
}

/** An error in a line, and the places it came through in a line each, indented. */
function failureText(error: unknown): string {
  const { message, code, stack } = fields(error);
  const frames = stack.split('\n').filter((line) => FRAME.test(line));
  const head = code === undefined ? message : `${code}: ${message}`;
  return [safeLine(head), ...frames.map((frame) => `    ${safeLine(frame.trim())}`)].join('\n');
}

function fields(error: unknown): { message: string; code: string | undefined; stack: string } {
  if (!(error instanceof Error)) return { message: inspect(error), code: undefined, stack: '' };
  const { code } = error as { readonly code?: unknown };
  return {
    message: `${error.name}: ${error.message}`,
    code: typeof code === 'string' ? code : undefined,
    stack: error.stack ?? '',
  };
}
