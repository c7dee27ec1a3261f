import { appendFileSync, closeSync, constants } from 'node:fs';
import { isNoSpaceError } from '../../errors.js';
import { isThere, openRegular, withRegular, writeNew } from '../../platform/regular-file.js';
import { attemptFiles, prepareFiles } from '../attempt-files.js';
import { startingOf } from '../process/direct-starter.js';
import { type StartedProcess, startProcess } from '../process/process.js';
import type { Program, Starting } from '../process/process-starter.js';
import type { AttemptRef, AttemptSecrets } from '../runner.js';
import { drained } from './drain.js';
import { type Filter, filterSecrets, startFilter } from './filter.js';
import { makePipes } from './pipes.js';
import { MEMORY, makePrivateFolder, passingFolder, privateFolder } from './private-folder.js';
import { createProgress } from './progress.js';
import { sealResult } from './seal.js';
import type { Settled } from './settled.js';
import { markOwner } from './sweep-folders.js';
import { unlinkedFile } from './unlinked-file.js';

/**
 * Keeps the secrets that an attempt is given off the disk:
 *
 *   stdin            a file without a name; `input.json` holds the same without secrets, for people
 *   stdout, stderr   ──pipe──► filter ──► stdout.log, stderr.log
 *   result           in a private folder, then without secrets in `result.json`
 */
export class PrivateAttempt {
  readonly #place: AttemptRef;
  readonly #secrets: AttemptSecrets;
  #filter: Filter | undefined;

  constructor(place: AttemptRef, secrets: AttemptSecrets) {
    this.#place = place;
    this.#secrets = secrets;
  }

  /** Starts the program of the attempt, as a child of this process: no other is told its secrets. */
  start(program: Program): Starting {
    return startingOf(this.#start(program));
  }

  async #start(program: Program): Promise<StartedProcess> {
    const { cookie, dir } = this.#place;
    const { redactor } = this.#secrets;
    const files = prepareFiles(dir, redactor.text(program.stdin));
    const folder = privateFolder(cookie, dir);
    const passing = passingFolder(folder);
    const open: number[] = [];
    const opened = (fd: number): number => {
      open.push(fd);
      return fd;
    };
    try {
      makePrivateFolder(cookie, dir);
      if (isInMemory(folder)) markOwner(folder, dir);
      const { stdout, stderr } = await makePipes(folder, 'stdout', 'stderr');
      open.push(stdout.read, stdout.write, stderr.read, stderr.write);
      this.#filter = await startFilter(cookie, {
        secrets: opened(unlinkedFile(passing, filterSecrets(redactor))),
        logs: [opened(openRegular(files.stdout, LOG)), opened(openRegular(files.stderr, LOG))],
        pipes: [stdout.read, stderr.read],
        progress: opened(createProgress(folder)),
      });
      const stdin = opened(unlinkedFile(passing, program.stdin));
      return startProcess({ ...program, stdio: [stdin, stdout.write, stderr.write] });
    } catch (error) {
      throw isInMemory(folder) && isNoSpaceError(error) ? memoryFull(error) : error;
    } finally {
      for (const fd of open) closeSync(fd);
    }
  }

  /** When the attempt's process has ended: waits for the rest of what it printed, and puts its result, redacted, where all results are. */
  async settle(): Promise<Settled> {
    const { cookie, dir } = this.#place;
    const isWhole = await drained(cookie, privateFolder(cookie, dir), this.#filter?.ended);
    if (!isWhole) noteLoss(dir);
    const refused = await sealResult(this.#place, this.#secrets);
    return { refused, isLossy: isThere(lossPath(dir)) };
  }

  /** From here on this program does not stay alive for it. */
  detach(): void {
    this.#filter?.detach();
  }
}

function isInMemory(folder: string): boolean {
  return folder.startsWith(`${MEMORY}/`);
}

/** No fault of the disk: the attempt fails, and is tried again by its policy. Secrets are not put on a disk instead. */
function memoryFull(cause: unknown): Error {
  const why = `${MEMORY} is full, where what an attempt with secrets passes on is kept; free space there, or make it larger`;
  return Object.assign(new Error(why, { cause }), { code: 'ENOMEM' });
}

const LOG = constants.O_WRONLY | constants.O_APPEND;

/** There when some of what the attempt printed is not in its logs: who takes it over has to know. */
function lossPath(dir: string): string {
  return `${dir}/output-lost`;
}

/** For whoever takes the attempt over, and for people, who read the log. */
function noteLoss(dir: string): void {
  try {
    if (!isThere(lossPath(dir))) writeNew(lossPath(dir), '');
    const { stderr } = attemptFiles(dir);
    withRegular(stderr, (fd) => appendFileSync(fd, '\n[nuflow: output was lost here]\n'), LOG);
  } catch {
    // A full disk: this process knows it all the same.
  }
}

/** Undefined for an attempt that is given no secrets. */
export function privateAttempt(place: AttemptRef): PrivateAttempt | undefined {
  return place.secrets === undefined ? undefined : new PrivateAttempt(place, place.secrets);
}
