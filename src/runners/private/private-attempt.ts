import { closeSync, openSync } from 'node:fs';
import { type AttemptFiles, prepareFiles } from '../attempt-files.js';
import { startingOf } from '../direct-starter.js';
import { type StartedProcess, startProcess } from '../process.js';
import type { Program, Starting } from '../process-starter.js';
import type { AttemptPlace, AttemptSecrets } from '../runner.js';
import { drained } from './drain.js';
import { type Filter, filterSecrets, startFilter } from './filter.js';
import { makePipes, type Pipe } from './pipes.js';
import { makePrivateFolder } from './private-folder.js';
import { sealResult } from './seal.js';
import { unlinkedFile } from './unlinked-file.js';

/**
 * Keeps the secrets that an attempt is given off the disk:
 *
 *   stdin            a file without a name; `input.json` holds the same without secrets, for people
 *   stdout, stderr   ──pipe──► filter ──► stdout.log, stderr.log
 *   result           in a private folder, then without secrets in `result.json`
 */
export class PrivateAttempt {
  readonly #place: AttemptPlace;
  readonly #secrets: AttemptSecrets;
  #filter: Filter | undefined;

  constructor(place: AttemptPlace, secrets: AttemptSecrets) {
    this.#place = place;
    this.#secrets = secrets;
  }

  /** Starts the program of the attempt, as a child of this process: no other is told its secrets. */
  start(program: Program): Starting {
    return startingOf(this.#start(program));
  }

  async #start(program: Program): Promise<StartedProcess> {
    const { cookie, dir } = this.#place;
    const files = prepareFiles(dir, this.#secrets.redactor.text(program.stdin));
    makePrivateFolder(cookie, dir);
    const open: number[] = [];
    try {
      const pipes = await makePipes('stdout', 'stderr');
      open.push(...Object.values(pipes).flatMap((pipe) => [pipe.read, pipe.write]));
      this.#filter = await this.#startFilter(files, pipes, open);
      open.push(unlinkedFile(program.stdin));
      const stdio = [open.at(-1) as number, pipes.stdout.write, pipes.stderr.write] as const;
      return startProcess({ ...program, stdio });
    } finally {
      for (const fd of open) closeSync(fd);
    }
  }

  /** When the attempt's process has ended: waits for the rest of what it printed, and puts its result, redacted, where all results are. */
  async settle(): Promise<void> {
    await drained(this.#place.cookie, this.#filter?.ended);
    sealResult(this.#place, this.#secrets);
  }

  /** From here on this program does not stay alive for it. */
  detach(): void {
    this.#filter?.detach();
  }

  #startFilter(
    { stdout, stderr }: AttemptFiles,
    pipes: Readonly<Record<'stdout' | 'stderr', Pipe>>,
    open: number[],
  ): Promise<Filter> {
    const opened = (fd: number): number => {
      open.push(fd);
      return fd;
    };
    return startFilter(this.#place.cookie, {
      secrets: opened(unlinkedFile(filterSecrets(this.#secrets.redactor))),
      logs: [opened(openSync(stdout, 'a')), opened(openSync(stderr, 'a'))],
      pipes: [pipes.stdout.read, pipes.stderr.read],
    });
  }
}

/** Undefined for an attempt that is given no secrets. */
export function privateAttempt(place: AttemptPlace): PrivateAttempt | undefined {
  return place.secrets === undefined ? undefined : new PrivateAttempt(place, place.secrets);
}
