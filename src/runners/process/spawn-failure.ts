import { existsSync } from 'node:fs';
import { isNoSpaceError } from '../../errors.js';
import type { Outcome } from '../runner.js';
import type { ProcessEnd } from './process.js';

type NotStarted = Extract<ProcessEnd, { kind: 'notStarted' }>;

/** The outcome of an attempt whose program could not be started. Names the program, never its arguments, which may be secret. */
export function spawnFailure(
  end: NotStarted,
  program: { readonly file: string; readonly cwd: string },
): Outcome {
  const { errno, reason } = end;
  const why = explain(end, program) ?? reason;
  return {
    status: isNoSpaceError({ code: errno }) ? 'notBegun' : 'failed',
    error: {
      code: 'NUFLOW_SPAWN_FAILED',
      message: `Could not start ${program.file} (${errno}): ${why}`,
    },
  };
}

function explain(
  { errno, path }: NotStarted,
  { file, cwd }: { readonly file: string; readonly cwd: string },
): string | undefined {
  return ofShortage(errno) ?? (path === undefined ? ofProgram(errno, file, cwd) : ofFiles(path));
}

function ofFiles(path: string): string {
  return `the attempt's files can not be made at ${path}; see to it that this user can write there`;
}

function ofProgram(errno: string, file: string, cwd: string): string | undefined {
  switch (errno) {
    case 'ENOENT':
      return existsSync(cwd)
        ? `there is no program ${file}; install it or correct the name`
        : `the working folder ${cwd} does not exist`;
    case 'EACCES':
      return `${file} is not executable for this user, or the folder ${cwd} not accessible`;
    case 'E2BIG':
      return 'an argument or the environment is too long for the system (about 128 KiB an argument); pass it as input';
    default:
      return undefined;
  }
}

function ofShortage(errno: string): string | undefined {
  switch (errno) {
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
