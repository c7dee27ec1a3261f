/**
 * The orchestrator as a command: runs workflows out of a data directory, goes on with them, and shows
 * them, also while another process works there.
 *
 *   nuflow run flow.yaml --input '{"name": "wuji"}'
 *   nuflow list | show ID | logs ID [TASK] | events ID | resume [ID] | cancel ID
 *   nuflow decide ID TASK rerun|done|fail
 *   nuflow journal check [ID…] | journal repair ID
 *
 * Data goes to stdout, everything else to stderr. Exit codes are in cli/exit-codes.ts.
 */
import { CommanderError } from 'commander';
import { EXIT } from './cli/exit-codes.js';
import { claimStdout, closeOutput, OutputError } from './cli/output.js';
import { program } from './cli/program.js';

async function main(): Promise<number> {
  const cli = program();
  try {
    await cli.parseAsync();
    return Number(process.exitCode ?? EXIT.done);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (error instanceof OutputError) return EXIT.done; // closeOutput tells whether it matters
    return toldAs(error);
  }
}

/** Says what went wrong; gives the exit code. Only here, as what names the library's errors loads it. */
async function toldAs(error: unknown): Promise<number> {
  const { tellError } = await import('./cli/messages.js');
  const { exitCodeOf } = await import('./cli/exit-code-of.js');
  tellError(error, process.argv.includes('--json'));
  return exitCodeOf(error);
}

claimStdout();
const code = await main();
const lost = await closeOutput();
// A workflow's module may have left timers or sockets open; the command is over all the same.
process.exit(lost === undefined ? code : await toldAs(lost));
