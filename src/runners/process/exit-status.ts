import type { AttemptFiles } from '../attempt-files.js';
import type { Outcome } from '../runner.js';
import { lostResult } from './lost-result.js';
import { noResult, signalName } from './no-result.js';
import type { ProcessEnd } from './process.js';
import { readResult } from './result-file.js';

/** How a program ended, as status-wrapper.ts writes it. */
type Status = Extract<ProcessEnd, { kind: 'exited' | 'signalled' }>;

/** What the wrapper writes, and nothing else. */
const STATUS = /^\{"(exitCode|signal)":(\d{1,3})\}$/;

/** How the program ended by a result of the wrapper; undefined when it is of something else. */
export function statusIn(text: string): Status | undefined {
  const [, kind, number] = STATUS.exec(text) ?? [];
  if (number === undefined) return undefined;
  return kind === 'signal'
    ? { kind: 'signalled', signal: signalName(Number(number)) }
    : { kind: 'exited', exitCode: Number(number) };
}

/** The outcome of such a process by the result it left; undefined when it left none. */
export async function leftOutcome(
  files: AttemptFiles,
  output: Output,
): Promise<Outcome | undefined> {
  const found = await readResult(files.result);
  if (found !== undefined && 'refused' in found) return found.refused;
  const status = found === undefined ? undefined : statusIn(found.text);
  return status === undefined ? undefined : statusOutcome(status, files, output);
}

/**
 * The outcome of such a process that has ended. Its own exit code says the same as its result, which it
 * can't write when the disk is full.
 */
export async function endedOutcome(
  end: ProcessEnd,
  files: AttemptFiles,
  output: Output,
): Promise<Outcome> {
  const left = await leftOutcome(files, output);
  if (left !== undefined) return left;
  if (end.kind === 'exited') return statusOutcome(end, files, output);
  return (await lostResult(files)) ?? noResult(end, files.stderr);
}

/** Reads what a program that succeeded gives; a failure when it can't be read. */
type Output = (files: AttemptFiles) => Promise<Outcome>;

/** The outcome of a program that ended so. */
export async function statusOutcome(
  status: Status,
  files: AttemptFiles,
  output: Output,
): Promise<Outcome> {
  const isDone = status.kind === 'exited' && status.exitCode === 0;
  return isDone ? output(files) : noResult(status, files.stderr);
}
