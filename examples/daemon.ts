/**
 * The orchestrator as a daemon: takes workflows over HTTP on this machine, and runs their tasks in
 * fresh Nushell processes. Killed at any moment and started again, it goes on where it was.
 *
 *   node examples/dist/daemon.js --port 9090 --data-dir .nuflow
 */
import { DataDirLockedError } from 'nuflow';
import { z } from 'zod';
import { logOn } from './daemon/log.js';
import { asksForHelp, type DaemonOptions, daemonOptions, USAGE } from './daemon/options.js';
import { startDaemon } from './daemon/start.js';
import { startProblem } from './daemon/start-problem.js';
import { tokenPath } from './daemon/token.js';

const EXIT_USAGE = 2;
/** EX_TEMPFAIL of sysexits.h: another process has the data directory. */
const EXIT_LOCKED = 75;

/** Also when nobody reads them any more, the daemon goes on. */
const output = logOn(process.stdout);
const log = logOn(process.stderr);

function optionsOrExit(): DaemonOptions {
  if (asksForHelp(process.argv.slice(2))) {
    console.log(USAGE);
    process.exit(0);
  }
  try {
    return daemonOptions(process.argv.slice(2), process.env);
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    console.error(`${why}\n${USAGE}`);
    process.exit(EXIT_USAGE);
  }
}

async function main(): Promise<void> {
  const options = optionsOrExit();
  const daemon = await startDaemon(options, { log });
  const { dataDir } = options;
  output.line(
    `nuflow daemon ${process.pid} on ${daemon.url}, data in ${dataDir}, token in ${tokenPath(dataDir)}, ${daemon.resumed.length} resumed`,
  );
  const close = (): void => void daemon.close().then(() => process.exit(0), fail);
  process.on('SIGTERM', close);
  process.on('SIGINT', close);
}

function fail(error: Error): never {
  const expected = startProblem(error);
  if (expected === undefined) log.failure(error);
  else log.line(expected);
  process.exit(error instanceof DataDirLockedError ? EXIT_LOCKED : 1);
}

main().catch(fail);
