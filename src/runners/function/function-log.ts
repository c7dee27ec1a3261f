import { closeSync, constants, fstatSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers';
import { isDescriptorShortage, withDescriptors } from '../../platform/descriptors.js';
import { createRegular, openRegular } from '../../platform/regular-file.js';
import type { RedactingStream } from '../../secrets/redacting-stream.js';
import { attemptFiles, attemptFolder } from '../attempt-files.js';
import { LogCap, MAX_LOG_BYTES } from '../logs/log-cap.js';
import type { Attempt, OutputChunk } from '../runner.js';

type StreamName = OutputChunk['stream'];
/** What a log stream needs of its attempt. */
type Logged = Pick<Attempt, 'dir' | 'output' | 'secrets' | 'maxLogBytes'>;

/**
 * What a function logs: the files that a process would print into, with the same bounds and without secrets, and
 * the live output. Nothing is made before the first line, since most functions log nothing.
 */
export class FunctionLog {
  readonly #attempt: Logged;
  readonly #streams = new Map<StreamName, LogStream>();
  #hasFolder = false;
  #ended: Promise<void> | undefined;

  constructor(attempt: Logged) {
    this.#attempt = attempt;
  }

  /** Adds a line. After {@link end} it does nothing: the attempt is over, and its folder may be another's. */
  line(stream: StreamName, line: string): void {
    if (this.#ended !== undefined) return;
    let open = this.#streams.get(stream);
    if (open === undefined) {
      const path = (): string => this.#path(stream);
      open = new LogStream(stream, path, this.#attempt);
      this.#streams.set(stream, open);
    }
    open.add(`${line}\n`);
  }

  /** Writes the rest; resolves when it is in the files, or can't be. Never rejects. */
  end(): Promise<void> {
    this.#ended ??= Promise.all([...this.#streams.values()].map((it) => it.end())).then(() => {});
    return this.#ended;
  }

  /** Throws what the file system says. */
  #path(stream: StreamName): string {
    const { dir } = this.#attempt;
    if (!this.#hasFolder) attemptFolder(dir);
    this.#hasFolder = true;
    return attemptFiles(dir)[stream];
  }
}

/** Characters that wait for the end of a turn of the event loop at most. */
const MAX_PENDING = 64 * 1024;
/** A secret that is broken into lines is logged without a pause as long as this, ms. */
const PAUSE_MS = 50;
const LOG = constants.O_WRONLY | constants.O_APPEND;

class LogStream {
  readonly #name: StreamName;
  readonly #path: () => string;
  readonly #attempt: Logged;
  readonly #redacting: RedactingStream | undefined;
  /** Bytes that were handed on. */
  #offset = 0;
  #pending = '';
  #isScheduled = false;
  #pause: NodeJS.Timeout | undefined;
  #file: { readonly path: string; readonly cap: LogCap } | undefined;
  #isNew = true;
  /** Why nothing more is written. */
  #failure: unknown;

  constructor(name: StreamName, path: () => string, attempt: Logged) {
    this.#name = name;
    this.#path = path;
    this.#attempt = attempt;
    this.#redacting = attempt.secrets?.redactor.stream();
  }

  add(text: string): void {
    const redacting = this.#redacting;
    this.#take(redacting === undefined ? text : redacting.push(text));
    if (redacting === undefined) return;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#take(redacting.pause()), PAUSE_MS).unref();
  }

  async end(): Promise<void> {
    clearTimeout(this.#pause);
    this.#take(this.#redacting?.end() ?? '');
    try {
      await withDescriptors(() => this.#flush());
    } catch {
      // See #flush: it was said.
    }
    await this.#file?.cap.finish();
  }

  #take(text: string): void {
    if (text === '') return;
    const bytes = Buffer.byteLength(text);
    this.#attempt.output({ stream: this.#name, text, offset: this.#offset, bytes });
    this.#offset += bytes;
    this.#pending += text;
    if (this.#pending.length >= MAX_PENDING) this.#tryFlush();
    else if (!this.#isScheduled) this.#schedule();
  }

  #schedule(): void {
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#tryFlush();
    });
  }

  /** What fails for want of a descriptor waits for the next line, or the end. */
  #tryFlush(): void {
    try {
      this.#flush();
    } catch {
      // See there.
    }
  }

  /** Throws for want of a descriptor; any other failure is told to who listens, once, and ends the file. */
  #flush(): void {
    if (this.#pending === '' || this.#failure !== undefined) return;
    try {
      const size = this.#append(this.#pending);
      this.#pending = '';
      this.#file?.cap.grown(size);
    } catch (error) {
      if (isDescriptorShortage(error)) throw error;
      this.#failure = error;
      this.#pending = '';
      const text = `[nuflow: the log file ends before this: ${(error as Error).message}]\n`;
      this.#attempt.output({ stream: this.#name, text });
    }
  }

  /** Returns the file's size. */
  #append(text: string): number {
    const { path } = this.#opened();
    const fd = this.#isNew ? createRegular(path, LOG) : openRegular(path, LOG);
    this.#isNew = false;
    try {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      return fstatSync(fd).size;
    } finally {
      closeSync(fd);
    }
  }

  #opened(): { readonly path: string; readonly cap: LogCap } {
    if (this.#file === undefined) {
      const path = this.#path();
      const cap = new LogCap(path, this.#attempt.maxLogBytes ?? MAX_LOG_BYTES);
      this.#file = { path, cap };
    }
    return this.#file;
  }
}
