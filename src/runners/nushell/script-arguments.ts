import type { Outcome } from '../runner.js';

/** Characters that no Nushell version takes for anything but text. */
const PLAIN = /^[\p{L}\p{N}_./:@%+,=-]([\p{L}\p{N}_./:@%+,= -]*[\p{L}\p{N}_./:@%+,=-])?$/u;
const FLAG = /^--?[a-zA-Z][\w-]*(?:=(.*))?$/su;

/**
 * Why an argument can't be given to a plain script, or undefined when it can. `nu script.nu args…`
 * builds a line of Nushell from its arguments: 0.108 runs what stands after a newline, and any
 * version takes a part of `--…` for code. So only what is plain text in every version passes;
 * everything else can go to a command by the call form, byte for byte.
 */
export function unsafeArgument(arg: string): Outcome | undefined {
  const text = arg.startsWith('-') ? (FLAG.exec(arg)?.[1] ?? (FLAG.test(arg) ? 'x' : '')) : arg;
  if (PLAIN.test(text) && !text.startsWith('...') && !text.startsWith('-')) return undefined;
  return {
    status: 'failed',
    error: {
      code: 'NUFLOW_INVALID_ARGUMENT',
      message: `Argument ${JSON.stringify(arg.slice(0, 80))} can't be given to a plain script, since Nushell may read it as code; use the form with "use" and "call".`,
    },
  };
}
