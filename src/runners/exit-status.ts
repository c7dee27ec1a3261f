import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { JsonValue } from '../definition/json.js';
import { noResult } from './no-result.js';
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

const exitStatus = z.strictObject({ exitCode: z.int() });

/** The outcome in a result file of {@link exitStatusProgram}: `output` for 0. Undefined when there is none. */
export function readExitStatus(
  result: string,
  stderr: string,
  output: JsonValue | (() => JsonValue),
): Outcome | undefined {
  try {
    const { exitCode } = exitStatus.parse(JSON.parse(readFileSync(result, 'utf8')));
    if (exitCode !== 0) return noResult({ kind: 'exited', exitCode }, stderr);
    return { status: 'succeeded', output: typeof output === 'function' ? output() : output };
  } catch {
    return undefined;
  }
}
