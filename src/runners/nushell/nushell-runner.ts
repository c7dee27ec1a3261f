import { resolve } from 'node:path';
import type { JsonValue } from '../../definition/json.js';
import { refersToSecret } from '../../definition/secrets.js';
import { NushellNotFoundError } from '../../errors.js';
import type { ProcessIdentity } from '../../platform/process-identity.js';
import type { AttemptFiles } from '../attempt-files.js';
import { resultPath } from '../private/private-folder.js';
import { adoptProcess } from '../process/adopted-execution.js';
import { directStarter } from '../process/direct-starter.js';
import { allowedEnvironment, attemptEnvironment } from '../process/environment.js';
import { endedOutcome, statusIn, statusOutcome } from '../process/exit-status.js';
import { lostResult } from '../process/lost-result.js';
import { noResult } from '../process/no-result.js';
import { ended, executeProcess, type Verdict } from '../process/process-execution.js';
import type { ProcessStarter, Program } from '../process/process-starter.js';
import { readResult } from '../process/result-file.js';
import { StatusWrapper } from '../process/status-wrapper.js';
import type { Attempt, AttemptRef, Execution, Outcome, Runner } from '../runner.js';
import { invalidValue, refuse, SECRET_ARGUMENT, secretArgument } from '../settings.js';
import { envelopeOutcome } from './envelope.js';
import { findNushell, nushellVersion } from './find-nushell.js';
import { NushellNotStartedError } from './not-started-error.js';
import type { When } from './program.js';
import { type EnvelopeSettings, stdinOf, textOf } from './program-of.js';
import { unsafeArgument } from './script-arguments.js';
import { checkSettings, type NushellSettings, parseSettings, settingsKeys } from './settings.js';
import { NO_STANDBYS, type StandbyCounts } from './standby/counts.js';
import { StandbyPool } from './standby/standby-pool.js';
import { type ProgramAhead, Standbys } from './standby/standbys.js';

export interface NushellOptions {
  /** Path or name of the Nushell binary; default NUFLOW_NU, then PATH, then the npm package `nushell`. */
  readonly binary?: string | undefined;
  /** Folders where `use` and `source` look, after the task's own; relative to `baseDir`. */
  readonly includePaths?: readonly string[] | undefined;
  /** Variables of every Nushell task's environment; a task's own `env` wins. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /**
   * `{}` lets processes start before their tasks are ready, so that their modules are parsed by then: as many as
   * there are tasks to come soon, slots free, and memory for it, but `max` at most (default: no other bound). Each
   * serves one task, or none. Parsing is moved, not saved: it helps chains of tasks whose modules take long to parse
   * on a machine that is not busy. Needs /proc. Default `false`. What came of it is in `orchestrator.standbys`.
   */
  readonly standby?: false | { readonly max?: number | undefined } | undefined;
}

/** What the runner is told beside the user's options. */
export interface NushellRunnerOptions extends NushellOptions {
  /** Names of variables of this process that tasks may see, beside the usual ones. */
  readonly allowEnv?: readonly string[] | undefined;
  readonly baseDir?: string | undefined;
  /** What starts the processes; default this process. Closed with the runner. */
  readonly starter?: ProcessStarter | undefined;
  /** Folder for the logs of processes that wait, on the file system of the attempts' folders; default none, and then none wait. */
  readonly standbyDir?: string | undefined;
}

const INCLUDE_SEPARATOR = '\x1e';
/** Characters of a terminal's line, as many as Nushell can count. */
const WIDEST = '65000';

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
  /** Absent when nothing stands by: then nobody has to look ahead. */
  readonly expect?: NonNullable<Runner['expect']>;
  readonly #options: NushellRunnerOptions;
  readonly #allowedEnv: () => Record<string, string>;
  readonly #starter: ProcessStarter;
  readonly #wrapper = new StatusWrapper();
  readonly #standbys: Standbys | undefined;
  /** By the base directory of the tasks: one may have a Nushell of its own. */
  readonly #binaries = new Map<string | undefined, string>();

  constructor(options: NushellRunnerOptions = {}) {
    this.#options = options;
    this.#allowedEnv = allowedEnvironment(process.env, options.allowEnv);
    this.#starter = options.starter ?? directStarter;
    const standbys = standbysOf(options, this.#starter);
    this.#standbys = standbys;
    if (standbys === undefined) return;
    this.expect = (...hint) => standbys.expect(...hint, (...work) => this.#ahead(...work));
  }

  check(
    settings: { readonly [key: string]: JsonValue },
    path: string,
    use: 'task' | 'probe' = 'task',
  ): void {
    const problem = checkSettings(settings, use);
    if (problem !== undefined) refuse(problem, path, settings, settingsKeys(settings));
    // The other forms pass arguments on standard input.
    const argv = Object.hasOwn(settings, 'script') ? settings.args : undefined;
    if (refersToSecret(argv ?? null)) refuse(SECRET_ARGUMENT, `${path}.args`);
  }

  /** Finds Nushell and sees that it runs. Rejects with NushellNotFoundError, NushellNotStartedError. */
  async prepare(baseDir = this.#options.baseDir): Promise<void> {
    const binary = this.#find(baseDir);
    const version = nushellVersion(binary).catch((error: Error) => {
      this.#binaries.delete(baseDir);
      throw isNoNushell(error)
        ? new NushellNotFoundError([binary])
        : new NushellNotStartedError(binary, error);
    });
    await Promise.all([version, this.#starter.ready(), this.#wrapper.prepare()]);
  }

  async close(): Promise<void> {
    await this.#standbys?.close();
    await this.#starter.close();
  }

  /** What became of the processes that were started before their tasks. */
  get standbys(): StandbyCounts {
    return this.#standbys?.counts ?? NO_STANDBYS;
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

  adopt(attempt: AttemptRef, process: ProcessIdentity | undefined): Execution {
    return adoptProcess(attempt, process, left);
  }

  #start(attempt: Attempt, parsed: NushellSettings): Execution {
    const { settings } = parsed;
    const place = this.#place(settings, attempt.baseDir);
    const told = attemptEnvironment(attempt, resultPath(attempt));
    // A secret that a table breaks into lines is harder to find.
    const wide: Program['env'] = attempt.secrets === undefined ? {} : { COLUMNS: WIDEST };
    const env = { ...wide, ...place.env, ...told };
    if (parsed.form !== 'script') {
      const program = { ...this.#program(parsed, attempt.baseDir, 'now'), env };
      const starter = this.#standby(attempt, parsed) ?? this.#starter;
      return executeProcess(
        starter,
        attempt,
        { ...program, stdin: stdinOf(parsed) },
        envelopeVerdict,
      );
    }
    const { args = [] } = parsed.settings;
    const unsafe =
      secretArgument(attempt, args) ?? args.map(unsafeArgument).find((why) => why !== undefined);
    if (unsafe !== undefined) return ended(unsafe);
    const script = resolve(attempt.baseDir, parsed.settings.script);
    const nu = [this.#find(attempt.baseDir), ...this.#switches(attempt.baseDir, settings)] as const;
    const program = { ...this.#wrapper.around([...nu, script, ...args]), ...place, env, stdin: '' };
    return executeProcess(this.#starter, attempt, program, scriptVerdict);
  }

  /** A process that waits for just such an attempt. One that is given secrets gets them in ways of its own. */
  #standby(attempt: Attempt, parsed: EnvelopeSettings): Pick<ProcessStarter, 'start'> | undefined {
    if (this.#standbys === undefined || attempt.secrets !== undefined) return undefined;
    this.#standbys.seen(attempt.with);
    if (!this.#standbys.any) return undefined;
    return this.#standbys.take(this.#program(parsed, attempt.baseDir, 'ahead'));
  }

  /** What a process can start with that waits for such a task; undefined when the task can't be served so. */
  #ahead(settings: Attempt['with'], baseDir: string): ProgramAhead | undefined {
    const parsed = parseSettings(settings);
    if ('issues' in parsed || parsed.form === 'script') return undefined;
    const includePaths = this.#includePaths(baseDir, parsed.settings);
    return { program: this.#program(parsed, baseDir, 'ahead'), includePaths };
  }

  /** All but what an attempt is told about itself. */
  #program(parsed: EnvelopeSettings, baseDir: string, when: When): Omit<Program, 'stdin'> {
    const args = [...this.#switches(baseDir, parsed.settings), '--stdin', '-c'];
    const text = textOf(parsed, baseDir, when);
    return {
      file: this.#find(baseDir),
      args: [...args, text],
      ...this.#place(parsed.settings, baseDir),
    };
  }

  #place(settings: NushellSettings['settings'], baseDir: string): Pick<Program, 'cwd' | 'env'> {
    return {
      cwd: resolve(baseDir, settings.cwd ?? '.'),
      env: {
        ...this.#allowedEnv(),
        ...this.#options.env,
        ...settings.env,
      },
    };
  }

  #find(baseDir: string | undefined): string {
    const found = this.#binaries.get(baseDir) ?? findNushell({ ...this.#options, baseDir });
    this.#binaries.set(baseDir, found);
    return found;
  }

  #switches(baseDir: string, settings: NushellSettings['settings']): string[] {
    const include = this.#includePaths(baseDir, settings);
    return [
      '-n',
      ...(settings.stdlib === true ? [] : ['--no-std-lib']),
      ...(include.length === 0 ? [] : ['-I', include.join(INCLUDE_SEPARATOR)]),
    ];
  }

  #includePaths(baseDir: string, settings: NushellSettings['settings']): string[] {
    const paths = [...(settings.includePaths ?? []), ...(this.#options.includePaths ?? [])];
    return paths.map((path) => resolve(baseDir, path));
  }
}

/** Of no file, no program, or one that ends itself with an exit code instead of telling its version. */
const NO_NUSHELL: readonly unknown[] = ['ENOENT', 'ENOTDIR', 'EACCES', 'ENOEXEC'];

function isNoNushell(error: Error): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'number' || NO_NUSHELL.includes(code);
}

const INVALID_CODES = { flags: 'NUFLOW_INVALID_FLAG', args: 'NUFLOW_INVALID_ARGUMENT' };

function standbysOf(
  { standby = false, standbyDir }: NushellRunnerOptions,
  starter: ProcessStarter,
): Standbys | undefined {
  if (standby === false || standbyDir === undefined || starter.standBy === undefined)
    return undefined;
  return new Standbys(new StandbyPool(starter, standbyDir, standby.max));
}

const envelopeVerdict: Verdict = async (end, files) =>
  (await left(files)) ?? (await lostResult(files)) ?? noResult(end, files.stderr);

const scriptVerdict: Verdict = (end, files) => endedOutcome(end, files, noOutput);

/** By what the attempt left, which tells its form: an exit status is a script's, all else an envelope. */
async function left(files: AttemptFiles): Promise<Outcome | undefined> {
  const found = await readResult(files.result);
  if (found === undefined) return undefined;
  if ('refused' in found) return found.refused;
  const status = statusIn(found.text);
  return status === undefined
    ? envelopeOutcome(found.text)
    : statusOutcome(status, files, noOutput);
}

const noOutput = async (): Promise<Outcome> => ({ status: 'succeeded', output: null });
