import type { Outcome } from '../runner.js';

/** Characters that no Nushell version takes for anything but text. */
const PLAIN = /^[\p{L}\p{N}_./:@%+,=-]([\p{L}\p{N}_./:@%+,= -]*[\p{L}\p{N}_./:@%+,=-])?$/u;
const FLAG = /^--?[a-zA-Z][\w-]*(?:=(.*))?$/su;

/** Nushell reads it as a request for help, also among short flags in one: `-xh`. */
const HELP = /^(?:--help(?:=|$)|-(?!-)[\w-]*h)/;

/**
 * Why an argument can't be given to a plain script, or undefined when it can. `nu script.nu args…`
 * builds a line of Nushell from its arguments: 0.108 runs what stands after a newline, and any
 * version takes a part of `--…` for code. So only what is plain text in every version passes;
 * everything else can go to a command by the call form, byte for byte.
 */
export function unsafeArgument(arg: string): Outcome | undefined {
  if (HELP.test(arg))
    return refused(
      arg,
      'Nushell would print the help of the script and end with success, without running it',
    );
  const text = arg.startsWith('-') ? (FLAG.exec(arg)?.[1] ?? (FLAG.test(arg) ? 'x' : '')) : arg;
  if (PLAIN.test(text) && !text.startsWith('...') && !text.startsWith('-')) return undefined;
  return refused(arg, 'Nushell may read it as code');
}

function refused(arg: string, why: string): Outcome {
  const text = JSON.stringify(arg.slice(0, 80));
  const message = `Argument ${text} can't be given to a plain script, since ${why}; use the form with "use" and "call".`;
  return { status: 'failed', error: { code: 'NUFLOW_INVALID_ARGUMENT', message } };
}
