import { existsSync } from 'node:fs';
import { isNoSpaceError } from '../errors.js';
import type { ProcessEnd } from './process.js';
import type { Outcome } from './runner.js';

type NotStarted = Extract<ProcessEnd, { kind: 'notStarted' }>;

/** The outcome of an attempt whose program could not be started. Names the program, never its arguments, which may be secret. */
export function spawnFailure(
  { errno, reason }: NotStarted,
  { file, cwd }: { readonly file: string; readonly cwd: string },
): Outcome {
  const why = explain(errno, file, cwd) ?? reason;
  return {
    status: isNoSpaceError({ code: errno }) ? 'notBegun' : 'failed',
    error: { code: 'NUFLOW_SPAWN_FAILED', message: `Could not start ${file} (${errno}): ${why}` },
  };
}

function explain(errno: string, file: string, cwd: string): string | undefined {
  switch (errno) {
    case 'ENOENT':
      return existsSync(cwd)
        ? `there is no program ${file}; install it or correct the name`
        : `the working folder ${cwd} does not exist`;
    case 'EACCES':
      return `${file} is not executable for this user, or the folder ${cwd} not accessible`;
    case 'E2BIG':
      return 'an argument or the environment is too long for the system (about 128 KiB an argument); pass it as input';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many open files; raise the limit (ulimit -n) or lower the concurrency';
    case 'EAGAIN':
      return 'too many processes; raise the limit (ulimit -u) or lower the concurrency';
    case 'ENOSPC':
    case 'EDQUOT':
      return "there is no space for the attempt's files";
    default:
      return undefined;
  }
}
