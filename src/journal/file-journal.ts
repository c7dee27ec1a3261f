import { dirname } from 'node:path';
import { JournalWriteError } from '../errors.js';
import type { OpenFile } from '../world/file-system.js';
import type { World } from '../world/world.js';
import { encode } from './codec.js';
import type { Journal, JournalListener } from './journal.js';
import { readRecords } from './read-records.js';
import type { JournalRecord, RecordDraft } from './record.js';
import { BEGINNING, type Position, scan } from './scan.js';

/**
 * A journal in a file. Appends are serialized at once and written together: while one sync is in
 * flight, what is appended waits and goes out in the next (group commit).
 *
 * After a failed write or sync nothing more is written through this object: the kernel may have
 * dropped dirty pages and reported it once (fsyncgate), so only a new open can tell what is on disk.
 */
export class FileJournal implements Journal {
  readonly #world: World;
  readonly #path: string;
  readonly #file: OpenFile;
  readonly #listener: JournalListener;
  #crc: number;
  #lastSeq: number;
  #durableSeq: number;
  /** The last `durable` that was written. */
  #claimed: number;
  #pending: string[] = [];
  #waiting: {
    readonly seq: number;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  #scheduled = false;
  #writing: Promise<void> = Promise.resolve();
  #busy = false;
  #failure: JournalWriteError | undefined;
  #closed: Promise<void> | undefined;

  private constructor(
    world: World,
    path: string,
    file: OpenFile,
    listener: JournalListener,
    at: Position,
  ) {
    this.#world = world;
    this.#path = path;
    this.#file = file;
    this.#listener = listener;
    this.#crc = at.crc;
    this.#lastSeq = at.seq;
    this.#durableSeq = at.seq;
    this.#claimed = at.seq;
  }

  /** Opens a journal for a new run; its name is durable when this resolves. What a crash left there of a first record that never was whole is cut off. */
  static async create(world: World, path: string, listener: JournalListener): Promise<FileJournal> {
    const { fileSystem } = world;
    await fileSystem.makeDir(dirname(path));
    if (await fileSystem.size(path)) return FileJournal.open(world, path, listener, () => {});
    const file = await fileSystem.open(path, 'append');
    await fileSystem.syncDir(dirname(path));
    await fileSystem.syncDir(dirname(dirname(path)));
    return new FileJournal(world, path, file, listener, BEGINNING);
  }

  /**
   * Opens a journal with records, handing each to `replay`. A torn end is cut off and kept beside the
   * file; other damage throws JournalDamagedError (or JournalFormatError), the file untouched.
   */
  static async open(
    world: World,
    path: string,
    listener: JournalListener,
    replay: (record: JournalRecord) => void,
  ): Promise<FileJournal> {
    const found = await scan(world.fileSystem, path, BEGINNING, (record) => {
      replay(record);
      return true;
    });
    const file = await world.fileSystem.open(path, 'append');
    try {
      if (found.tornBytes > 0) await cutTorn(world, path, file, found);
      // What was read may only be in the page cache: it counts once it is synced.
      await file.sync();
    } catch (error) {
      await file.close();
      throw error;
    }
    return new FileJournal(world, path, file, listener, found);
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get durableSeq(): number {
    return this.#durableSeq;
  }

  append(draft: RecordDraft): JournalRecord {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed !== undefined)
      throw new JournalWriteError(this.#path, new Error('the journal is closed'));
    const at = new Date(this.#world.clock.now()).toISOString();
    const record = { seq: this.#lastSeq + 1, at, ...draft };
    const news = this.#durableSeq > this.#claimed ? this.#durableSeq : undefined;
    const { line, crc } = encode(record, news, this.#crc);
    this.#lastSeq = record.seq;
    this.#crc = crc;
    if (news !== undefined) this.#claimed = news;
    this.#pending.push(line);
    this.#schedule();
    return record;
  }

  flush(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#durableSeq === this.#lastSeq) return Promise.resolve();
    return new Promise((resolve, reject) =>
      this.#waiting.push({ seq: this.#lastSeq, resolve, reject }),
    );
  }

  read(from = 1): AsyncIterable<JournalRecord> {
    return readRecords(this.#world.fileSystem, this.#path, { from, to: this.#durableSeq });
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  async #finish(): Promise<void> {
    await this.flush().catch(() => {}); // its error went to whoever appended
    await this.#writing;
    await this.#file.close();
  }

  /** Once the current turn of the event loop is over: what it appends goes out together. */
  #schedule(): void {
    if (this.#scheduled || this.#busy) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#writing = this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#busy = true;
    while (this.#pending.length > 0 && this.#failure === undefined) {
      const seq = this.#lastSeq;
      const bytes = Buffer.from(`${this.#pending.join('\n')}\n`);
      this.#pending = [];
      try {
        writeFully(this.#file, bytes);
        await this.#file.sync();
      } catch (error) {
        this.#fail(error);
        break;
      }
      this.#advance(seq);
    }
    this.#busy = false;
  }

  #advance(seq: number): void {
    this.#durableSeq = seq;
    this.#listener.durable(seq);
    const told = this.#waiting.filter((waiter) => waiter.seq <= seq);
    if (told.length > 0) this.#waiting = this.#waiting.filter((waiter) => waiter.seq > seq);
    for (const { resolve } of told) resolve();
  }

  #fail(cause: unknown): void {
    this.#failure = new JournalWriteError(this.#path, cause);
    this.#pending = [];
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(this.#failure);
    this.#listener.failed(this.#failure);
  }
}

/** Writes all bytes; a system that takes none is out of space or broken. */
function writeFully(file: OpenFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const taken = file.write(bytes.subarray(at));
    if (taken <= 0) throw new Error('the system took no bytes');
    at += taken;
  }
}

const COPY_CHUNK = 1024 * 1024;

/** Keeps the torn end beside the journal, then cuts it off. */
async function cutTorn(
  world: World,
  path: string,
  file: OpenFile,
  found: Position & { tornBytes: number },
): Promise<void> {
  const { fileSystem } = world;
  const keptPath = `${path}.torn-${found.seq + 1}-${world.random.hex(4)}`;
  const kept = await fileSystem.open(keptPath, 'create');
  try {
    const chunk = Buffer.allocUnsafe(COPY_CHUNK);
    for (let at = found.offset; ; ) {
      const length = await file.read(chunk, at);
      if (length === 0) break;
      writeFully(kept, chunk.subarray(0, length));
      at += length;
    }
    await kept.sync();
  } finally {
    await kept.close();
  }
  await fileSystem.syncDir(dirname(path));
  await file.truncate(found.offset);
  await file.sync();
}
