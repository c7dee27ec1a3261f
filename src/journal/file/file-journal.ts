import { dirname } from 'node:path';
import { isNoSpaceError, JournalWriteError, NuflowError } from '../../errors.js';
import type { Cancel } from '../../platform/clock.js';
import type { FileSystem, OpenFile } from '../../platform/file-system.js';
import type { Platform } from '../../platform/platform.js';
import type { Journal, JournalListener, JournalReader } from '../journal.js';
import type { JournalRecord, RecordDraft } from '../records/record.js';
import { isMovedError, JournalMovedError } from '../storage-errors.js';
import { encode } from './codec.js';
import { discard, notStarted } from './discard.js';
import { encodeStart, isLongStart } from './encode-start.js';
import { InstantText } from './instant-text.js';
import { openForAppend, syncNames } from './open-for-append.js';
import { RecordReader, readRecords } from './read-records.js';
import { reopenFull } from './reopen-full.js';
import { BEGINNING, type Position, type ScanEnd, scan } from './scan.js';
import { TextWriter } from './write-fully.js';

/**
 * How long a record may wait for others to share their sync, ms; only {@link canWait those} that nobody waits for do. Others mostly
 * come sooner when there is much to do, and when there is not, a sync more does not matter.
 */
const PATIENCE_MS = 10;

/** That a task has a process: who finds none on record after a crash looks for it by its cookie. */
function canWait({ type }: RecordDraft): boolean {
  return type === 'task.spawned';
}

/**
 * A journal in a file. Appends are serialized at once and written together: while one sync is in
 * flight, what is appended waits and goes out in the next (group commit).
 *
 * After a failed write or sync nothing more is written to that file descriptor: the kernel may have
 * dropped dirty pages and reported it once (fsyncgate), so only a new open can tell what is on disk. The
 * one failure it gets over itself is a full disk, once, when its listener makes room: see reopen-full.ts.
 */
export class FileJournal implements Journal {
  readonly #platform: Platform;
  readonly #path: string;
  #file: OpenFile;
  readonly #listener: JournalListener;
  /** Until the folders are synced nothing is durable: the file might lose its name. */
  readonly #named: Promise<unknown>;
  readonly #instants = new InstantText();
  #crc: number;
  #lastSeq: number;
  /** Behind the last record that is on disk. */
  #durable: Position;
  /** The last `durable` that was written. */
  #claimed: number;
  /** Lines, with their newlines, that were appended and not written. */
  #pending: (string | Iterable<string>)[] = [];
  #waiting: {
    readonly seq: number;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  /** Whether somebody waits for something in `pending`. */
  #isUrgent = false;
  #patience: Cancel | undefined;
  #scheduled = false;
  #writing: Promise<void> = Promise.resolve();
  #busy = false;
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;
  #hasReopened = false;

  private constructor(
    platform: Platform,
    path: string,
    file: OpenFile,
    listener: JournalListener,
    { at, named }: { readonly at: ScanEnd; readonly named: Promise<unknown> },
  ) {
    this.#platform = platform;
    this.#path = path;
    this.#file = file;
    this.#listener = listener;
    this.#named = named;
    this.#crc = at.crc;
    this.#lastSeq = at.seq;
    this.#durable = at;
    this.#claimed = at.claimed;
  }

  /**
   * Opens a journal for a new run. What a crash left there of a first record that never was whole
   * is cut off; a file with records is a run that exists, and throws. The file's name becomes durable
   * together with its first record. Throws DiskFullError, JournalWriteError.
   */
  static async create(
    platform: Platform,
    path: string,
    listener: JournalListener,
  ): Promise<FileJournal> {
    const { fileSystem } = platform;
    let isNew = false;
    try {
      isNew = await makeFolder(fileSystem, dirname(path));
      if (!isNew && (await fileSystem.size(path))) return await openEmpty(platform, path, listener);
      if (!isNew) await fileSystem.assertOwnDir(dirname(path));
      const file = await fileSystem.open(path, 'append');
      const named = syncNames(fileSystem, path);
      named.catch(() => {}); // the first write sees it
      return new FileJournal(platform, path, file, listener, { at: NOTHING, named });
    } catch (error) {
      if (isNew) await discard(fileSystem, path).catch(() => {}); // an empty folder is no run
      throw notStarted(path, error);
    }
  }

  /**
   * Opens a journal with records, handing each (those from `from` on) to `replay`. A torn end is cut off and kept beside the
   * file; other damage throws JournalDamagedError (or JournalFormatError), the file untouched. When the
   * file can't be written, throws JournalWriteError.
   */
  static async open(
    platform: Platform,
    path: string,
    listener: JournalListener,
    replay: (record: JournalRecord) => void,
    from: Position = BEGINNING,
  ): Promise<FileJournal> {
    await platform.fileSystem.assertOwnDir(dirname(path));
    const at = await scan(platform.fileSystem, path, from, (record) => {
      replay(record);
      return true;
    });
    try {
      const file = await openForAppend(platform, path, at);
      return new FileJournal(platform, path, file, listener, { at, named: Promise.resolve() });
    } catch (error) {
      throw asWriteError(path, error);
    }
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get durableSeq(): number {
    return this.#durable.seq;
  }

  append(draft: RecordDraft): JournalRecord {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed !== undefined)
      throw new JournalWriteError(this.#path, new Error('the journal is closed'));
    const at = this.#instants.textOf(this.#platform.clock.now());
    const record = { seq: this.#lastSeq + 1, at, ...draft };
    const news = this.durableSeq > this.#claimed ? this.durableSeq : undefined;
    const { line, crc } = this.#encoded(record, news);
    this.#lastSeq = record.seq;
    this.#crc = crc;
    if (news !== undefined) this.#claimed = news;
    if (typeof line === 'string') this.#pending.push(`${line}\n`);
    else this.#pending.push(line, '\n');
    if (canWait(record)) this.#scheduleLate();
    else this.#schedule();
    return record;
  }

  /** A record longer than a text can be (callers see to it that none is) is a failed write: it is not lost without a word. */
  #encoded(
    record: JournalRecord,
    news: number | undefined,
  ): { line: string | Iterable<string>; crc: number } {
    try {
      return isLongStart(record) ? encodeStart(record) : encode(record, news, this.#crc);
    } catch (error) {
      throw new JournalWriteError(this.#path, error);
    }
  }

  flush(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.durableSeq === this.#lastSeq) return Promise.resolve();
    if (this.#pending.length > 0) this.#schedule();
    return new Promise((resolve, reject) =>
      this.#waiting.push({ seq: this.#lastSeq, resolve, reject }),
    );
  }

  read(from = 1): AsyncIterable<JournalRecord> {
    return readRecords(this.#platform.fileSystem, this.#path, { from, to: this.durableSeq });
  }

  reader(): JournalReader {
    const reader = new RecordReader(this.#platform.fileSystem, this.#path);
    return { read: (from) => reader.read({ from, to: this.durableSeq }) };
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  /**
   * Closes it, and takes the run back when nothing of it is acknowledged, whose first record may be on the disk or get there
   * all the same. Resolves whether nothing is left.
   */
  async discard(): Promise<boolean> {
    await this.close();
    if (this.durableSeq > 0 || !this.#file.isInPlace()) return false;
    return discard(this.#platform.fileSystem, this.#path).then(
      () => true,
      () => false,
    );
  }

  async #finish(): Promise<void> {
    await this.flush().catch(() => {}); // its error went to whoever appended
    await this.#writing;
    await this.#file.close().catch(() => {}); // what counts is synced
  }

  /** Once the current turn of the event loop is over: what it appends goes out together. */
  #schedule(): void {
    this.#isUrgent = true;
    if (this.#scheduled || this.#busy) return;
    this.#scheduled = true;
    this.#platform.clock.soon(() => {
      this.#scheduled = false;
      this.#writing = this.#writeAll();
    });
  }

  #scheduleLate(): void {
    if (this.#isUrgent) return; // it goes with that
    this.#patience ??= this.#platform.clock.after(PATIENCE_MS, () => {
      this.#patience = undefined;
      this.#schedule();
    });
  }

  async #writeAll(): Promise<void> {
    this.#busy = true;
    while (this.#isUrgent && this.#failure === undefined) {
      this.#isUrgent = false;
      this.#patience?.();
      this.#patience = undefined;
      const batch = { seq: this.#lastSeq, crc: this.#crc };
      const lines = this.#pending;
      this.#pending = [];
      try {
        const bytes = await this.#write(lines).catch((error) => this.#writeAgain(lines, error));
        await this.#named;
        lines.length = 0; // V8 may count the array as old by now, and all that it holds with it
        this.#advance({ ...batch, offset: this.#durable.offset + bytes });
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#busy = false;
  }

  /** Resolves how many bytes are on disk. */
  async #write(lines: readonly (string | Iterable<string>)[]): Promise<number> {
    this.#listener.beforeWrite?.();
    if (!this.#file.isInPlace()) throw new JournalMovedError(this.#path);
    const writer = new TextWriter(this.#file);
    for (const line of lines)
      if (typeof line === 'string') writer.add(line);
      else for (const part of line) writer.add(part);
    const bytes = writer.end();
    await this.#file.sync();
    return bytes;
  }

  /** When there was no space and some was made, otherwise rejects. A run that is not accepted yet is none to make room for. */
  async #writeAgain(
    lines: readonly (string | Iterable<string>)[],
    cause: unknown,
  ): Promise<number> {
    const mayReopen = isNoSpaceError(cause) && this.durableSeq > 0 && !this.#hasReopened;
    if (!mayReopen || !(await this.#listener.makeRoom?.(cause as Error))) throw cause;
    this.#hasReopened = true;
    await this.#file.close().catch(() => {}); // what counts is synced
    this.#file = await reopenFull(this.#platform.fileSystem, this.#path, this.#durable);
    return this.#write(lines);
  }

  #advance(durable: Position): void {
    const { seq } = durable;
    this.#durable = durable;
    this.#listener.durable(seq);
    const told = this.#waiting.filter((waiter) => waiter.seq <= seq);
    if (told.length > 0) this.#waiting = this.#waiting.filter((waiter) => waiter.seq > seq);
    for (const { resolve } of told) resolve();
  }

  #fail(cause: unknown): void {
    const failure = isMovedError(cause) ? cause : new JournalWriteError(this.#path, cause);
    this.#failure = failure;
    this.#pending = [];
    this.#patience?.();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(failure);
    this.#listener.failed(failure);
    void this.close(); // nothing more may be done with the file
  }
}

const NOTHING: ScanEnd = { ...BEGINNING, claimed: 0, proven: 0, tornBytes: 0 };

/** Whether there was none; the folder around it is usually there. */
async function makeFolder(fileSystem: FileSystem, folder: string): Promise<boolean> {
  try {
    return await fileSystem.makeNewDir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await fileSystem.makeDir(folder);
    return true;
  }
}

async function openEmpty(
  platform: Platform,
  path: string,
  listener: JournalListener,
): Promise<FileJournal> {
  return FileJournal.open(platform, path, listener, () => {
    throw new Error('the journal exists; open it instead');
  });
}

function asWriteError(path: string, error: unknown): Error {
  return error instanceof NuflowError ? error : new JournalWriteError(path, error);
}
