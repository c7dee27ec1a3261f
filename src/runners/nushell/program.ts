/**
 * The Nushell text of a task. It depends on the definition alone (module, command, names of flags,
 * number of arguments, code): values never enter it. They arrive as JSON on stdin, in `$__nuflow`.
 *
 * The first statement must read stdin, nothing after it can. Builtins are bound when a `def` is
 * parsed, so helpers stand before the `use`, whose commands may be named like builtins.
 */

/** A command of a module, called with values that come later. */
export interface CallShape {
  /** Module path or name, as `use` takes it. */
  readonly module: string;
  readonly command: string;
  /** Number of positional arguments. */
  readonly args: number;
  /** Names of the flags given, without dashes. */
  readonly flags: readonly string[];
  /** Whether a value is piped in. */
  readonly piped: boolean;
}

const READ = 'let __nuflow = $in | from json';

// 0.115 keeps an error's parts in `details`, older versions in `json`.
const HELPERS = `
def __nuflow_error [e] {
  let json = $e.json?
  let details = if ($json | is-empty) { $e.details? } else { $json | from json }
  {ok: false, error: ({msg: $e.msg, rendered: $e.rendered?, exit_code: $e.exit_code?} | merge ($details | default {}))}
}
def __nuflow_leave [] {
  let envelope = $in
  let result = $env.NUFLOW_RESULT
  $envelope | save --raw --force ($result + '.tmp')
  mv --force ($result + '.tmp') $result
}
def __nuflow_run [task: closure] {
  # Collected first: an external that fails at the end of a pipeline must fail the task.
  try {
    let value = do $task
    '{"ok":true,"value":' + ($value | to json --raw) + '}'
  } catch {|e| __nuflow_error $e | to json --raw } | __nuflow_leave
}
def __nuflow_call [command: string, found: list, task: closure] {
  # An unknown name would be run as an external program, and a wrong one as a builtin.
  if ($found | is-empty) or $found.0.type not-in [custom alias] {
    {
      msg: $"The module has no command '($command)'"
      code: 'NUFLOW_NO_COMMAND'
      help: 'Check the name; a module that exports main is called by its own name.'
    } | {ok: false, error: $in} | to json --raw | __nuflow_leave
  } else { __nuflow_run $task }
}
`;

/** Text of the call form. */
export function callProgram(shape: CallShape): string {
  const { module, command, piped } = shape;
  const args = Array.from({ length: shape.args }, (_, i) => ` $__nuflow.args.${i}`);
  const flags = shape.flags.map((name, i) => ` --${name}=$__nuflow.flags.${i}`);
  const name = rawString(command);
  return [
    READ,
    HELPERS,
    `use ${rawString(module)} *`,
    `__nuflow_call ${name} (which ${name}) { ${piped ? '$__nuflow.input | ' : ''}${command}${args.join('')}${flags.join('')} }`,
    '',
  ].join('\n');
}

/** Text of the code form. Line n of the code is line n + 1 of the program; `$input` is what it is given. */
export function codeProgram(code: string): string {
  return `${READ}; let input = $__nuflow.input?; __nuflow_run {\n${code}\n}\n${HELPERS}`;
}

/** `text` as a Nushell raw string, with as many hashes as it takes: nothing in it has a meaning. */
export function rawString(text: string): string {
  const runs = text.match(/#+/g) ?? [];
  const hashes = '#'.repeat(1 + Math.max(0, ...runs.map((run) => run.length)));
  return `r${hashes}'${text}'${hashes}`;
}
