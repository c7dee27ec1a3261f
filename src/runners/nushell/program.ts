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

// For a process that was started before its task: see Standby. Nothing on stdin means that there is no task.
const READ_WHEN_TOLD =
  'let __nuflow = $in | split row --number 2 "\n"; if ($__nuflow | length) != 2 { exit }; load-env ($__nuflow.0 | from json); let __nuflow = $__nuflow.1 | from json';
// As long, so that places in a program are the same in both.
const READ = 'let __nuflow = $in | from json'.padEnd(READ_WHEN_TOLD.length);

/** When a program's process is started: when its task is known, or before. */
export type When = 'now' | 'ahead';

const read = (when: When): string => (when === 'now' ? READ : READ_WHEN_TOLD);

// Kept short, for every task parses it: what can be worked out later is left to the reader of the
// envelope. Ending by `exit` spares Nushell taking itself apart, a third of what a short task costs.
const HELPERS = `
def __nuflow_leave [] {
  let envelope = $in
  let result = $env.NUFLOW_RESULT
  # A pipe would be waited for, a link followed.
  rm --recursive --force ($result + '.tmp') $result
  # On a full disk it waits for space, and takes none meanwhile.
  while (try { $envelope | save --raw --force ($result + '.tmp'); mv --force ($result + '.tmp') $result; false } catch {|e|
    if $e.rendered !~ 'storage_space|quota' { print -e $e.rendered; exit 1 }
    '' | save --raw --force ($result + '.tmp')
    true
  }) { sleep 500ms }
  exit
}
def __nuflow_run [task: closure] {
  # Collected first: an external that fails at the end of a pipeline must fail the task.
  try {
    let value = do $task
    '{"ok":true,"value":' + ($value | to json --raw) + '}'
  } catch {|e|
    {ok: false, error: {msg: $e.msg, rendered: $e.rendered?, exit_code: $e.exit_code?, details: $e.details?, json: $e.json?}} | to json --raw
  } | __nuflow_leave
}
`;

// An unknown name would be run as an external program, and a wrong one as a builtin.
const KNOWS = `def __nuflow_knows [name: string] { (which $name).0?.type? in [custom alias] }`;

/** The envelope of a task whose module has no such command. */
function noCommand(command: string): string {
  const error = {
    msg: `The module has no command '${command}'`,
    code: 'NUFLOW_NO_COMMAND',
    help: 'Check the name; a module that exports main is called by its own name.',
  };
  return JSON.stringify({ ok: false, error });
}

/** Text of the call form. */
export function callProgram(shape: CallShape, when: When = 'now'): string {
  const { module, command, piped } = shape;
  const args = Array.from({ length: shape.args }, (_, i) => ` $__nuflow.args.${i}`);
  const flags = shape.flags.map((name, i) => ` --${name}=$__nuflow.flags.${i}`);
  return [
    read(when),
    HELPERS,
    KNOWS,
    `use ${rawString(module)} *`,
    `if not (__nuflow_knows ${rawString(command)}) { ${rawString(noCommand(command))} | __nuflow_leave }`,
    `__nuflow_run { ${piped ? '$__nuflow.input | ' : ''}${command}${args.join('')}${flags.join('')} }`,
    '',
  ].join('\n');
}

/** Text of the code form. Line n of the code is line n + 1 of the program; `$input` is what it is given. */
export function codeProgram(code: string, when: When = 'now'): string {
  return `${read(when)}; let input = $__nuflow.input?; __nuflow_run {\n${code}\n}\n${HELPERS}`;
}

/** `text` as a Nushell raw string, with as many hashes as it takes: nothing in it has a meaning. */
export function rawString(text: string): string {
  const runs = text.match(/#+/g) ?? [];
  const hashes = '#'.repeat(1 + Math.max(0, ...runs.map((run) => run.length)));
  return `r${hashes}'${text}'${hashes}`;
}
