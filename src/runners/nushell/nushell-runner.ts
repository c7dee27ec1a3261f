import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { JsonValue } from '../../definition/json.js';
import { refersToSecret } from '../../definition/secrets.js';
import { NushellNotFoundError } from '../../errors.js';
import type { ProcessIdentity } from '../../world/process-identity.js';
import { adoptProcess } from '../adopted-execution.js';
import type { AttemptFiles } from '../attempt-files.js';
import { directStarter } from '../direct-starter.js';
import { allowedEnvironment, attemptEnvironment } from '../environment.js';
import { endedOutcome, exitCodeIn, exitOutcome, exitStatusProgram } from '../exit-status.js';
import { noResult } from '../no-result.js';
import { resultPath } from '../private/private-folder.js';
import { ended, executeProcess, type Verdict } from '../process-execution.js';
import type { ProcessStarter, Program } from '../process-starter.js';
import { readResult } from '../result-file.js';
import type { Attempt, AttemptPlace, Execution, Outcome, Runner } from '../runner.js';
import { invalidValue, refuse, SECRET_ARGUMENT, secretArgument } from '../settings.js';
import { envelopeOutcome } from './envelope.js';
import { findNushell, nushellVersion } from './find-nushell.js';
import { NushellNotStartedError } from './not-started-error.js';
import { callProgram, codeProgram } from './program.js';
import { unsafeArgument } from './script-arguments.js';
import { checkSettings, type NushellSettings, parseSettings } from './settings.js';

export interface NushellOptions {
  /** Path or name of the Nushell binary; default NUFLOW_NU, then PATH, then the npm package `nushell`. */
  readonly binary?: string | undefined;
  /** Folders where `use` and `source` look, after the task's own; relative to `baseDir`. */
  readonly includePaths?: readonly string[] | undefined;
  /** Variables of every Nushell task's environment; a task's own `env` wins. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** What the runner is told beside the user's options. */
export interface NushellRunnerOptions extends NushellOptions {
  /** Names of variables of this process that tasks may see, beside the usual ones. */
  readonly allowEnv?: readonly string[] | undefined;
  readonly baseDir?: string | undefined;
  /** What starts the processes; default this process. Closed with the runner. */
  readonly starter?: ProcessStarter | undefined;
}

const INCLUDE_SEPARATOR = '\x1e';

/**
 * Runs each task in a fresh Nushell process: fixed program text, values as JSON on stdin, the result
 * in a file written aside and renamed. The exit code alone proves nothing, see program.ts.
 *
 * An interrupted task's `catch` runs and may clean up and even succeed; Nushell 0.108 may cut it short
 * where it calls commands of the task's own. Numbers beyond 2^53 lose their last digits in JSON; NaN
 * and infinity become null. A whole number is an int for Nushell, also where a command wants a float:
 * declare such a parameter `number`.
 */
export class NushellRunner implements Runner {
  readonly #options: NushellRunnerOptions;
  readonly #starter: ProcessStarter;
  #binary: string | undefined;

  constructor(options: NushellRunnerOptions = {}) {
    this.#options = options;
    this.#starter = options.starter ?? directStarter;
  }

  check(
    settings: { readonly [key: string]: JsonValue },
    path: string,
    use: 'task' | 'probe' = 'task',
  ): void {
    const problem = checkSettings(settings, use);
    if (problem !== undefined) refuse(problem, path);
    // The other forms pass arguments on standard input.
    const argv = Object.hasOwn(settings, 'script') ? settings.args : undefined;
    if (refersToSecret(argv ?? null)) refuse(SECRET_ARGUMENT, `${path}.args`);
  }

  /** Finds Nushell and sees that it runs. Rejects with NushellNotFoundError, NushellNotStartedError. */
  async prepare(): Promise<void> {
    const binary = this.#find();
    const version = nushellVersion(binary).catch((error: Error) => {
      this.#binary = undefined;
      throw isNoNushell(error)
        ? new NushellNotFoundError([binary])
        : new NushellNotStartedError(binary, error);
    });
    await Promise.all([version, this.#starter.ready()]);
  }

  close(): Promise<void> {
    return this.#starter.close();
  }

  start(attempt: Attempt): Execution {
    try {
      const parsed = parseSettings(attempt.with);
      if ('issues' in parsed) return ended(invalidValue(parsed, INVALID_CODES));
      return this.#start(attempt, parsed);
    } catch (error) {
      const { code = 'NUFLOW_SPAWN_FAILED', message } = error as NodeJS.ErrnoException;
      return ended({ status: 'failed', error: { code, message } });
    }
  }

  adopt(attempt: AttemptPlace, process: ProcessIdentity | undefined): Execution {
    return adoptProcess(attempt, process, left);
  }

  #start(attempt: Attempt, parsed: NushellSettings): Execution {
    const { settings } = parsed;
    const place = {
      cwd: resolve(attempt.baseDir, settings.cwd ?? '.'),
      env: {
        ...allowedEnvironment(process.env, this.#options.allowEnv),
        ...this.#options.env,
        ...settings.env,
        ...attemptEnvironment(attempt, resultPath(attempt)),
      },
    };
    const nu = [this.#find(), ...this.#switches(attempt.baseDir, settings)] as const;
    if (parsed.form === 'script') {
      const { args = [] } = parsed.settings;
      const unsafe =
        secretArgument(attempt, args) ?? args.map(unsafeArgument).find((why) => why !== undefined);
      if (unsafe !== undefined) return ended(unsafe);
      const script = resolve(attempt.baseDir, parsed.settings.script);
      const program = exitStatusProgram([...nu, script, ...args]);
      return this.#execute(attempt, { ...program, ...place, stdin: '' }, scriptVerdict);
    }
    const { text, stdin } = programOf(parsed, attempt.baseDir);
    const [file, ...switches] = nu;
    const args = [...switches, '--stdin', '-c', text];
    return this.#execute(attempt, { file, args, ...place, stdin }, envelopeVerdict);
  }

  #execute(attempt: Attempt, program: Program, verdict: Verdict): Execution {
    return executeProcess(this.#starter, attempt, program, verdict);
  }

  #find(): string {
    this.#binary ??= findNushell(this.#options);
    return this.#binary;
  }

  #switches(baseDir: string, settings: NushellSettings['settings']): string[] {
    const include = [...(settings.includePaths ?? []), ...(this.#options.includePaths ?? [])];
    return [
      '-n',
      ...(settings.stdlib === true ? [] : ['--no-std-lib']),
      ...(include.length === 0
        ? []
        : ['-I', include.map((path) => resolve(baseDir, path)).join(INCLUDE_SEPARATOR)]),
    ];
  }
}

/** Of no file, no program, or one that ends itself with an exit code instead of telling its version. */
const NO_NUSHELL: readonly unknown[] = ['ENOENT', 'ENOTDIR', 'EACCES', 'ENOEXEC'];

function isNoNushell(error: Error): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'number' || NO_NUSHELL.includes(code);
}

const INVALID_CODES = { flags: 'NUFLOW_INVALID_FLAG', args: 'NUFLOW_INVALID_ARGUMENT' };

/** Program text and what it reads, for the forms that leave an envelope. */
function programOf(
  parsed: Exclude<NushellSettings, { form: 'script' }>,
  baseDir: string,
): { text: string; stdin: string } {
  if (parsed.form === 'code') {
    const { code, input = null } = parsed.settings;
    return { text: codeProgram(code), stdin: JSON.stringify({ input }) };
  }
  const { use, call, args = [], flags = {}, input } = parsed.settings;
  // `--flag null` would override the flag's default.
  const given = Object.entries(flags).filter(([, value]) => value !== null);
  const text = callProgram({
    module: modulePath(use, baseDir),
    command: call,
    args: args.length,
    flags: given.map(([name]) => name),
    piped: input !== undefined,
  });
  const values = { args, flags: given.map(([, value]) => value), input: input ?? null };
  return { text, stdin: JSON.stringify(values) };
}

/** A module beside the definitions by its absolute path; any other is left to Nushell's include paths. */
function modulePath(use: string, baseDir: string): string {
  const path = resolve(baseDir, use);
  return existsSync(path) ? path : use;
}

const envelopeVerdict: Verdict = async (end, files) =>
  (await left(files)) ?? noResult(end, files.stderr);

const scriptVerdict: Verdict = (end, files) => endedOutcome(end, files, noOutput);

/** By what the attempt left, which tells its form: an exit code is a script's, all else an envelope. */
async function left(files: AttemptFiles): Promise<Outcome | undefined> {
  const found = await readResult(files.result);
  if (found === undefined) return undefined;
  if ('refused' in found) return found.refused;
  const exitCode = exitCodeIn(found.text);
  return exitCode === undefined
    ? envelopeOutcome(found.text)
    : exitOutcome(exitCode, files, noOutput);
}

const noOutput = async (): Promise<Outcome> => ({ status: 'succeeded', output: null });
