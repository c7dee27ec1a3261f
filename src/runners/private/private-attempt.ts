import { closeSync, openSync } from 'node:fs';
import { prepareFiles } from '../attempt-files.js';
import { startingOf } from '../direct-starter.js';
import { type StartedProcess, startProcess } from '../process.js';
import type { Program, Starting } from '../process-starter.js';
import type { AttemptPlace, AttemptSecrets } from '../runner.js';
import { drained } from './drain.js';
import { type Filter, filterSecrets, startFilter } from './filter.js';
import { makePipes } from './pipes.js';
import { makePrivateFolder, passingFolder } from './private-folder.js';
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
    const { redactor } = this.#secrets;
    const files = prepareFiles(dir, redactor.text(program.stdin));
    const folder = makePrivateFolder(cookie, dir);
    const passing = passingFolder(folder);
    const open: number[] = [];
    const opened = (fd: number): number => {
      open.push(fd);
      return fd;
    };
    try {
      const { stdout, stderr } = await makePipes(folder, 'stdout', 'stderr');
      open.push(stdout.read, stdout.write, stderr.read, stderr.write);
      this.#filter = await startFilter(cookie, {
        secrets: opened(unlinkedFile(passing, filterSecrets(redactor))),
        logs: [opened(openSync(files.stdout, 'a')), opened(openSync(files.stderr, 'a'))],
        pipes: [stdout.read, stderr.read],
      });
      const stdin = opened(unlinkedFile(passing, program.stdin));
      return startProcess({ ...program, stdio: [stdin, stdout.write, stderr.write] });
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
}

/** Undefined for an attempt that is given no secrets. */
export function privateAttempt(place: AttemptPlace): PrivateAttempt | undefined {
  return place.secrets === undefined ? undefined : new PrivateAttempt(place, place.secrets);
}
