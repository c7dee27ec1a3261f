import { resolve } from 'node:path';
import type { z } from 'zod';
import type { JsonValue } from '../../definition/json.js';
import { refersToSecret } from '../../definition/secrets.js';
import { lazySchema, type Zod } from '../../lazy-import.js';
import { withDescriptors } from '../../platform/descriptors.js';
import type { ProcessIdentity } from '../../platform/process-identity.js';
import { FileTooLongError, readRegular } from '../../platform/regular-file.js';
import type { AttemptFiles } from '../attempt-files.js';
import { isCut } from '../logs/log-cut.js';
import { resultPath } from '../private/private-folder.js';
import { adoptProcess } from '../process/adopted-execution.js';
import { directStarter } from '../process/direct-starter.js';
import { allowedEnvironment, attemptEnvironment } from '../process/environment.js';
import { endedOutcome, leftOutcome } from '../process/exit-status.js';
import { ended, executeProcess } from '../process/process-execution.js';
import type { ProcessStarter } from '../process/process-starter.js';
import { badResult, MAX_RESULT, tooBig } from '../process/result-file.js';
import { StatusWrapper } from '../process/status-wrapper.js';
import type { Attempt, AttemptRef, Execution, Outcome, Runner } from '../runner.js';
import {
  environmentSettings,
  invalidValue,
  orReference,
  refuse,
  SECRET_ARGUMENT,
  secretArgument,
  staticText,
} from '../settings.js';

export interface ShellRunnerOptions {
  /** Names of variables of this process that tasks may see, beside the usual ones. */
  readonly allowEnv?: readonly string[] | undefined;
  /** What starts the programs; default this process. Closed with the runner. */
  readonly starter?: ProcessStarter | undefined;
}

/** What a shell task that succeeded gives. */
type ShellOutput = Readonly<{ exitCode: 0; stdout: string; truncated: boolean }>;

/**
 * Runs a program with its arguments; no shell reads them. Exit code 0 is success, with the output
 * `{ exitCode: 0, stdout, truncated: false }`: all of stdout as text with its newlines. More than 64 MiB are a failure,
 * `NUFLOW_OUTPUT_TOO_BIG`: nothing is cut.
 */
export class ShellRunner implements Runner {
  readonly #allowedEnv: () => Record<string, string>;
  readonly #starter: ProcessStarter;
  readonly #wrapper = new StatusWrapper();

  constructor(options: ShellRunnerOptions = {}) {
    this.#allowedEnv = allowedEnvironment(process.env, options.allowEnv);
    this.#starter = options.starter ?? directStarter;
  }

  check(settings: { readonly [key: string]: JsonValue }, path: string): void {
    const { error } = atCheck().safeParse(settings);
    if (error !== undefined) refuse(error, path, settings, Object.keys(atCheck().shape));
    if (refersToSecret(settings.args ?? null)) refuse(SECRET_ARGUMENT, `${path}.args`);
  }

  /** A probe that printed nothing but white space says that nothing was done. */
  answer(output: JsonValue): JsonValue {
    const { stdout } = output as ShellOutput;
    return stdout.trim() === '' ? null : output;
  }

  start(attempt: Attempt): Execution {
    const parsed = atStart().safeParse(attempt.with);
    if (!parsed.success) return ended(invalidValue(parsed.error, INVALID_CODES));
    const { command, args = [], stdin = '', env, cwd } = parsed.data;
    const shown = secretArgument(attempt, args);
    if (shown !== undefined) return ended(shown);
    return executeProcess(
      this.#starter,
      attempt,
      {
        ...this.#wrapper.around([command, ...args]),
        cwd: resolve(attempt.baseDir, cwd ?? '.'),
        env: {
          ...this.#allowedEnv(),
          ...env,
          ...attemptEnvironment(attempt, resultPath(attempt)),
        },
        stdin,
      },
      (end, files) => endedOutcome(end, files, stdoutOf),
      MAX_RESULT,
    );
  }

  async prepare(): Promise<void> {
    await Promise.all([this.#starter.ready(), this.#wrapper.prepare()]);
  }

  close(): Promise<void> {
    return this.#starter.close();
  }

  adopt(attempt: AttemptRef, process: ProcessIdentity | undefined): Execution {
    return adoptProcess(attempt, process, (files) => leftOutcome(files, stdoutOf), MAX_RESULT);
  }
}

const INVALID_CODES = { args: 'NUFLOW_INVALID_ARGUMENT' };

function schema(z: Zod, when: 'check' | 'start') {
  const computed = <T extends z.ZodType>(part: T) => (when === 'check' ? orReference(part) : part);
  const argument = z.string().refine((arg) => !arg.includes('\0'), 'must not hold a NUL character');
  return z.strictObject({
    command: staticText().refine((name) => !name.startsWith('-'), 'must not start with a dash'),
    args: computed(z.array(computed(argument))).optional(),
    stdin: computed(z.string()).optional(),
    ...environmentSettings(z, when),
  });
}

const atCheck = lazySchema((z) => schema(z, 'check'));
const atStart = lazySchema((z) => schema(z, 'start'));

async function stdoutOf({ stdout }: AttemptFiles): Promise<Outcome> {
  try {
    const text = await withDescriptors(() => readRegular(stdout, MAX_RESULT));
    if (isCut(stdout)) return badResult(`${stdout} was cut before it was read`);
    const output = { exitCode: 0, stdout: text, truncated: false } satisfies ShellOutput;
    return { status: 'succeeded', output };
  } catch (error) {
    if (!(error instanceof FileTooLongError)) return badResult((error as Error).message);
    return tooBig(`The program printed ${error.bytes} bytes`);
  }
}
