import { Command, InvalidArgumentError, Option } from 'commander';
import type { Decision } from 'nuflow';
import { safeLines } from '../shared/terminal-text.js';
import type { DecideOptions } from './decide-command.js';
import type { EventOptions } from './event-command.js';
import { assertDataDir } from './existing-data-dir.js';
import { UsageError } from './exit-codes.js';
import type { LogOptions } from './log-command.js';
import { DEFAULT_DATA_DIR } from './next-steps.js';
import { writeNow } from './output.js';
import type { ResumeOptions, RunOptions, StoreOptions, WorkOptions } from './run-commands.js';

/**
 * What each command is done by, loaded when it is asked for: `--help` and a misspelt option need nothing of
 * the library.
 */
const COMMANDS = {
  run: () => import('./run-commands.js'),
  decide: () => import('./decide-command.js'),
  look: () => import('./look-commands.js'),
  logs: () => import('./log-command.js'),
  events: () => import('./event-command.js'),
  journal: () => import('./journal-commands.js'),
};

const DECISIONS: readonly Decision[] = ['rerun', 'done', 'fail'];

/** A value itself is never an option: everybody on the machine could read it in the list of processes. */
const SECRET_HELP =
  'a secret: NAME (from the environment), NAME=VARIABLE, or NAME=@FILE; may be repeated. A secret input is named input.PATH';

/** The command line. Each command sets the exit code; errors are thrown, commander's own too. */
export function program(): Command {
  const cli = new Command('nuflow')
    .description('Run workflows durably, go on with them after a crash, look at them.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void writeNow(text),
      writeErr: (text) => process.stderr.write(safeLines(text).join('\n')),
    })
    .showHelpAfterError('(add --help for help)')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 run failed, 2 usage, 3 run waits for a decision, 75 data directory locked, 130 interrupted.',
    );
  addRun(cli);
  addResume(cli);
  atWork(looking(cli, 'cancel <id>', 'cancel a run, also one nobody works on')).action(
    (id: string, options: WorkOptions) =>
      exitWith(COMMANDS.run().then((it) => it.cancel(id, options))),
  );
  addDecide(cli);
  looking(cli, 'list', 'all runs, latest first').action((options: StoreOptions) =>
    exitWith(COMMANDS.look().then((it) => it.list(options))),
  );
  looking(cli, 'show <id>', 'a run, its tasks and their errors').action(
    (id: string, options: StoreOptions) =>
      exitWith(COMMANDS.look().then((it) => it.show(id, options))),
  );
  looking(cli, 'output <id> <task>', 'what a task gave, as JSON').action(
    (id: string, task: string, options: StoreOptions) =>
      exitWith(COMMANDS.look().then((it) => it.output(id, task, options))),
  );
  addLogs(cli);
  addEvents(cli);
  addJournal(cli);
  cli.hook('preAction', async (_, command) => {
    if (command.name() === 'run') return;
    // What names no run says by itself that there is none.
    if (command.args.length > 0) await assertDataDir(command.opts<StoreOptions>().dataDir);
  });
  return cli;
}

function addRun(cli: Command): void {
  following(cli, 'run <file>', 'run the workflow of a JSON or YAML file, or of a JavaScript module')
    .option(
      '--base-dir <folder>',
      'where relative paths in the workflow start from (default: here)',
    )
    .addOption(formerOutput())
    .option('--input <json>', "the run's input: JSON, @FILE, or @- for stdin")
    .option('--id <id>', "the run's id; the same id again attaches to the run that is there")
    .option('--workflow <name>', 'which workflow, when a module exports several')
    .action((file: string, options: RunOptions) =>
      exitWith(COMMANDS.run().then((it) => it.runWorkflow(file, options))),
    );
}

function addResume(cli: Command): void {
  withWorkflows(
    following(cli, 'resume [id]', 'go on with a run, or with all that have not finished').addOption(
      formerOutput(),
    ),
  ).action((id: string | undefined, options: ResumeOptions) =>
    exitWith(COMMANDS.run().then((it) => it.resume(id, options))),
  );
}

function addDecide(cli: Command): void {
  const decisions = DECISIONS.join('|');
  const command = following(
    cli,
    'decide <id> <task> <decision>',
    `say what becomes of a held task (${decisions}), and go on with its run`,
  )
    .option('--output <json>', "for done: the task's output: JSON, @FILE, or @- for stdin")
    .option('--message <text>', 'why; for fail it is the error');
  withWorkflows(command).action(
    (id: string, task: string, decision: string, options: DecideOptions) =>
      exitWith(
        COMMANDS.decide().then((it) => it.decide(id, task, oneOfDecisions(decision), options)),
      ),
  );
}

function oneOfDecisions(text: string): Decision {
  const found = DECISIONS.find((decision) => decision === text);
  if (found === undefined) throw new UsageError(`a decision is one of ${DECISIONS.join(', ')}`);
  return found;
}

/** A command that may need the source of workflows. */
function withWorkflows(command: Command): Command {
  return command.option(
    '--workflows <module>',
    'a JavaScript module with the workflows of runs whose definitions hold functions; may be repeated',
    collect,
    [],
  );
}

function addLogs(cli: Command): void {
  looking(cli, 'logs <id> [task]', 'what the tasks, or one task, printed')
    .option('--attempt <number>', 'which attempt (default: the last)', wholeNumber)
    .action((id: string, task: string | undefined, options: LogOptions) =>
      exitWith(COMMANDS.logs().then((it) => it.logs(id, task, options))),
    );
}

function addEvents(cli: Command): void {
  looking(cli, 'events <id>', "the run's journal")
    .option('--from <seq>', 'begin with this record', wholeNumber, 1)
    .option('--follow', 'go on until the run ends')
    .action((id: string, options: EventOptions) =>
      exitWith(COMMANDS.events().then((it) => it.events(id, options))),
    );
}

function addJournal(cli: Command): void {
  const journal = cli
    .command('journal')
    .description('check and repair the files that hold the runs');
  looking(
    journal,
    'check [runs...]',
    'whether journals are whole: of these runs, or of all',
  ).action((runs: string[], options: StoreOptions) =>
    exitWith(COMMANDS.journal().then((it) => it.check(runs, options))),
  );
  looking(
    journal,
    'repair <run>',
    'cut a damaged journal to its last good record, keeping a copy',
  ).action((run: string, options: StoreOptions) =>
    exitWith(COMMANDS.journal().then((it) => it.repair(run, options))),
  );
}

/** A command that only looks, also while another process has the data directory. */
function looking(cli: Command, usage: string, description: string): Command {
  return cli
    .command(usage)
    .description(description)
    .option('--data-dir <folder>', 'where runs are kept', DEFAULT_DATA_DIR)
    .option('--utc', 'show times in UTC, not in the local time zone')
    .option('--json', 'machine-readable: a line of JSON for each value');
}

/** A command that works on runs until they end, and shows them meanwhile. */
function following(cli: Command, usage: string, description: string): Command {
  return atWork(looking(cli, usage, description)).option('--logs', 'show what tasks print');
}

/** An output is what a task gives, everywhere; this once meant what it prints. */
function formerOutput(): Option {
  return new Option('--output').hideHelp().argParser(() => {
    throw new UsageError(
      'there is no --output here: --logs shows what tasks print, and `nuflow output RUN TASK` what a task gave',
    );
  });
}

/** Takes the data directory for itself. */
function atWork(command: Command): Command {
  return command
    .option('--concurrency <number>', 'tasks at once', wholeNumber, 10)
    .option('--secret <name>', SECRET_HELP, collect, [])
    .option('--quiet', 'show no progress');
}

function collect(value: string, all: readonly string[]): readonly string[] {
  return [...all, value];
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

async function exitWith(code: Promise<number>): Promise<void> {
  process.exitCode = await code;
}
