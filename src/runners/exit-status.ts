import type { AttemptFiles } from './attempt-files.js';
import { noResult } from './no-result.js';
import type { ProcessEnd } from './process.js';
import { readResult } from './result-file.js';
import type { Outcome } from './runner.js';

/**
 * Runs the program in its arguments and writes the exit status to $NUFLOW_RESULT, aside and renamed,
 * so that it is known even when this process died meanwhile. The text is fixed.
 *
 * `exec` in a subshell: without it a command named like a shell builtin (eval, exit) would be the builtin.
 * The traps keep the shell alive to write the status when a signal goes to the whole group; the
 * subshell gives its program the default handling back.
 */
const WRAPPER = `trap : INT TERM HUP
(exec "$@")
status=$?
umask 077
printf '{"exitCode":%d}' "$status" > "$NUFLOW_RESULT.tmp" && command -p mv -f "$NUFLOW_RESULT.tmp" "$NUFLOW_RESULT"
exit "$status"`;

/** The wrapper around a program and its arguments. */
export function exitStatusProgram(command: readonly string[]): { file: string; args: string[] } {
  return { file: '/bin/sh', args: ['-c', WRAPPER, 'sh', ...command] };
}

/** What the wrapper writes, and nothing else. */
const EXIT_STATUS = /^\{"exitCode":(\d{1,3})\}$/;

/** The exit code in a result of {@link exitStatusProgram}; undefined when it is of something else. */
export function exitCodeIn(text: string): number | undefined {
  const [, code] = EXIT_STATUS.exec(text) ?? [];
  return code === undefined ? undefined : Number(code);
}

/** The outcome of such a process by the result it left; undefined when it left none. */
export async function leftOutcome(
  files: AttemptFiles,
  output: Output,
): Promise<Outcome | undefined> {
  const found = await readResult(files.result);
  if (found !== undefined && 'refused' in found) return found.refused;
  const exitCode = found === undefined ? undefined : exitCodeIn(found.text);
  return exitCode === undefined ? undefined : exitOutcome(exitCode, files, output);
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
  return end.kind === 'exited'
    ? exitOutcome(end.exitCode, files, output)
    : noResult(end, files.stderr);
}

/** Reads what a program that succeeded gives; a failure when it can't be read. */
type Output = (files: AttemptFiles) => Promise<Outcome>;

/** The outcome of a program that ended with this code. */
export async function exitOutcome(
  exitCode: number,
  files: AttemptFiles,
  output: Output,
): Promise<Outcome> {
  return exitCode === 0 ? output(files) : noResult({ kind: 'exited', exitCode }, files.stderr);
}
