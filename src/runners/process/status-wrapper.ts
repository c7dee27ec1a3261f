import { execFile } from 'node:child_process';
import { constants, platform } from 'node:os';
import { promisify } from 'node:util';

const SHELL = '/bin/sh';

/**
 * Runs the program in its arguments, and writes to $NUFLOW_RESULT how it ended, aside and renamed, so that it is known
 * even when the orchestrator died meanwhile: {"exitCode":3} or {"signal":9}, a number. The text is fixed. No signal that
 * can be caught ends the wrapper while its program runs; the program gets the default handling of all.
 *
 * `$?` is 137 both after `exit 137` and after SIGKILL. The two are told apart by what the shell says of the program: with
 * `jobs`, where it ran in the background; else by the word it prints about one that a signal ended, which goes
 * where nobody takes it for the program's.
 */
const CATCH = (signals: readonly number[]): string => `trap : ${signals.join(' ')}`;

/** Those by which programs are told to end. */
const NOTED: readonly number[] = (['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const).map(
  (name) => constants.signals[name],
);

/** `came` fails with the number of such a signal once there was one. A function: a variable could be one of the program's. */
const NOTE = [
  'came() { :; }',
  ...NOTED.map((signal) => `trap 'came() { return ${signal}; }' ${signal}`),
].join('\n');

/** A program that was told to end before it was launched is not launched any more. */
const UNLESS_TOLD_TO_END = (run: string): string => `if came
then
${run}
else
status=$?
umask 077
set -- signal "$status"
status=$((status + 128))
fi`;

/**
 * `fresh` removes what may be where a file of the wrapper is to be: other tasks know the place, and a pipe would be waited for, a link
 * followed.
 */
const FRESH = `fresh() {
{ [ ! -e "$1" ] && [ ! -L "$1" ]; } || command -p rm -rf "$1"
}`;

/**
 * On a full disk it waits for space: its own end says as much, but only to a parent that lives. A shell does not tell why a
 * write failed; where the folder can be written to and no other thing is in the way, it is for want of space.
 */
const CAN_WAIT = `can_wait() {
[ -w "\${NUFLOW_RESULT%/*}" ] && { [ -f "$NUFLOW_RESULT.tmp" ] || [ ! -e "$NUFLOW_RESULT.tmp" ]; }
}`;

/** Where nothing can be written its own end has to say it all. */
const END = `until { fresh "$NUFLOW_RESULT.tmp"; fresh "$NUFLOW_RESULT"; printf '{"%s":%d}' "$@" > "$NUFLOW_RESULT.tmp"; } 2> /dev/null && command -p mv -f "$NUFLOW_RESULT.tmp" "$NUFLOW_RESULT"
do can_wait && { command -p sleep 1 || :; } || { [ "$1" != signal ] || { ulimit -c 0; trap - "$2"; kill -"$2" $$; }; break; }
done
exit "$status"`;

/**
 * In the background, where a shell without job control ignores SIGINT and SIGQUIT, so that something else has to set
 * them right (env(1) of GNU coreutils 8.31 or newer). `wait` returns early for each signal that is caught.
 */
const RESET = ['/usr/bin/env', '--default-signal=INT,QUIT'] as const;
const RUN_AS_JOB = `exec 3<&0
${RESET.join(' ')} "$@" <&3 3<&- &
until wait; do :; done
wait "$!"
status=$?`;

const TELL_BY_JOBS = `umask 077
how=Done
[ "$status" -le 128 ] || {
fresh "$NUFLOW_RESULT.tmp"
until { printf '%99s' '' > "$NUFLOW_RESULT.tmp"; } 2> /dev/null || ! can_wait; do command -p sleep 1 || :; done
jobs 1<> "$NUFLOW_RESULT.tmp" && read -r how < "$NUFLOW_RESULT.tmp"; } || how=
case $how in *Done*) set -- exitCode "$status" ;; *) set -- signal "$((status - 128))" ;; esac`;

/**
 * For other systems. `exec` in a subshell: without it a command named like a shell builtin (eval, exit) would be the
 * builtin. No shell says a word about SIGINT and SIGPIPE: they count as exit codes 130 and 141.
 */
const RUN_AND_TELL_BY_WORDS = `exec 3>&2
mask=$(umask)
umask 077
fresh "$NUFLOW_RESULT.tmp"
command exec 2> "$NUFLOW_RESULT.tmp" || :
(umask "$mask"; exec "$@") 2>&3 3>&-
status=$?
exec 2>&3 3>&-
if [ "$status" -gt 128 ] && [ -s "$NUFLOW_RESULT.tmp" ]
then set -- signal "$((status - 128))"
else set -- exitCode "$status"
fi`;

/** Prints how a program ended that SIGINT ended, and one that chose the exit code that looks like it. */
const TRIAL = (signals: readonly number[]): string => `${CATCH(signals)}
set -- sh -c 'kill -INT $$; exit 130'
${RUN_AS_JOB}
jobs
set -- sh -c 'exit 130'
${RUN_AS_JOB}
jobs`;
const TOLD_APART = /^(?!.*Done).+\n.*Done\(130\).*\n$/;

/** Every signal with a name that can be caught and would end a shell, or stop it. */
const NAMED = Object.entries(constants.signals)
  .filter(([name]) => !['SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGCONT'].includes(name))
  .map(([, number]) => number);
/** Those for real-time use have no names in Node; the C library keeps 32 and 33 to itself. */
const REAL_TIME = platform() === 'linux' ? Array.from({ length: 31 }, (_, n) => 34 + n) : [];

const BEGIN = (signals: readonly number[]): string =>
  [NOTE, CATCH(signals.filter((signal) => !NOTED.includes(signal))), FRESH, CAN_WAIT].join('\n');
const BY_JOBS = [
  BEGIN([...NAMED, ...REAL_TIME]),
  UNLESS_TOLD_TO_END(`${RUN_AS_JOB}\n${TELL_BY_JOBS}`),
  END,
].join('\n');
const BY_WORDS = [BEGIN(NAMED), UNLESS_TOLD_TO_END(RUN_AND_TELL_BY_WORDS), END].join('\n');

/** Whether a process with such a command line is a wrapper, or a copy of one that is to become its program. */
export function isWrapper([file, option, text]: readonly string[]): boolean {
  return file === SHELL && option === '-c' && (text === BY_JOBS || text === BY_WORDS);
}

/** Whether a child of a wrapper with such a command line has not become the program yet. */
export function isLauncher(words: readonly string[]): boolean {
  return isWrapper(words) || RESET.every((word, index) => words[index] === word);
}

/** The wrapper that this system can have. Until that was tried, the one for every system. */
export class StatusWrapper {
  #trial: Promise<void> | undefined;
  #byJobs = false;

  /** Tries which it can have. Never rejects. */
  prepare(): Promise<void> {
    this.#trial ??= promisify(execFile)(SHELL, ['-c', TRIAL([...NAMED, ...REAL_TIME])], {
      timeout: TRIAL_MS,
    })
      .then(({ stdout }) => {
        this.#byJobs = TOLD_APART.test(stdout);
      })
      .catch(() => {});
    return this.#trial;
  }

  /** The wrapper around a program and its arguments. */
  around(command: readonly string[]): { file: string; args: string[] } {
    // env(1) takes a name with an equals sign for a variable.
    const text = this.#byJobs && !command[0]?.includes('=') ? BY_JOBS : BY_WORDS;
    return { file: SHELL, args: ['-c', text, 'sh', ...command] };
  }
}

const TRIAL_MS = 5_000;
