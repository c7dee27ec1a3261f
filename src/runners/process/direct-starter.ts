import { identify, identifyChild, type ProcessIdentity } from '../../platform/process-identity.js';
import { withStdio } from '../attempt-files.js';
import { notStarted, readyToStart, type StartedProcess, startProcess } from './process.js';
import type { ProcessStarter, Program, Starting } from './process-starter.js';

/** Starts programs as children of this process. It waits for each fork, which takes the longer the more memory this process has. */
export const directStarter: ProcessStarter = {
  ready: () => readyToStart().catch(() => {}), // each start says so
  start: startDirectly,
  close: () => Promise.resolve(),
};

function startDirectly(dir: string, program: Program): Starting {
  try {
    const { pid, ended, detach } = withStdio(dir, program.stdin, (stdio) =>
      startProcess({ ...program, stdio }),
    );
    return { spawned: identified(pid), ended, detach };
  } catch (error) {
    return startingOf(Promise.reject(error));
  }
}

/** A child of this process that is about to be started, or rejects with what keeps it from being. */
export function startingOf(started: Promise<StartedProcess>): Starting {
  const begun = started.catch(neverStarted);
  return {
    spawned: begun.then(({ pid }) => identified(pid)),
    ended: begun.then(({ ended }) => ended),
    detach: () => void begun.then(({ detach }) => detach()),
  };
}

async function identified(pid: number | undefined): Promise<ProcessIdentity | undefined> {
  return pid === undefined ? undefined : (identifyChild(pid) ?? identify(pid));
}

function neverStarted(error: unknown): StartedProcess {
  return { pid: undefined, ended: Promise.resolve(notStarted(error)), detach: () => {} };
}
