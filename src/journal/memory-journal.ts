import { JournalWriteError } from '../errors.js';
import type { Clock } from '../platform/clock.js';
import { decode, encode } from './file/codec.js';
import type { Journal, JournalListener, JournalReader } from './journal.js';
import type { JournalRecord, RecordDraft } from './records/record.js';

/**
 * A journal that lives as long as its process: for tests and for runs that need no durability. The
 * records go through the codec all the same, so that what can't be written can't be held either.
 */
export class MemoryJournal implements Journal {
  readonly #clock: Clock;
  readonly #listener: JournalListener;
  readonly #lines: string[] = [];
  #crc = 0;
  #durableSeq = 0;
  #flushing: Promise<void> | undefined;
  #closed = false;

  constructor(clock: Clock, listener: JournalListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  get lastSeq(): number {
    return this.#lines.length;
  }

  get durableSeq(): number {
    return this.#durableSeq;
  }

  append(draft: RecordDraft): JournalRecord {
    if (this.#closed) throw new JournalWriteError('(memory)', new Error('the journal is closed'));
    const record = {
      seq: this.#lines.length + 1,
      at: new Date(this.#clock.now()).toISOString(),
      ...draft,
    };
    this.#lines.push(this.#encode(record));
    void this.flush();
    return record;
  }

  #encode(record: JournalRecord): string {
    try {
      const { line, crc } = encode(record, undefined, this.#crc);
      this.#crc = crc;
      return line;
    } catch (error) {
      throw new JournalWriteError('(memory)', error);
    }
  }

  flush(): Promise<void> {
    if (this.#durableSeq === this.#lines.length) return Promise.resolve();
    this.#flushing ??= new Promise((resolve) => {
      this.#clock.soon(() => {
        this.#flushing = undefined;
        this.#durableSeq = this.#lines.length;
        this.#listener.durable(this.#durableSeq);
        resolve();
      });
    });
    return this.#flushing;
  }

  read(from = 1): AsyncIterable<JournalRecord> {
    return this.#records(from, this.#durableSeq);
  }

  reader(): JournalReader {
    return { read: (from) => this.read(from) };
  }

  async *#records(from: number, to: number): AsyncGenerator<JournalRecord, void, void> {
    let crc = 0;
    for (let seq = 1; seq <= to; seq++) {
      const decoded = decode(Buffer.from(this.#lines[seq - 1] as string), seq, crc);
      if (!decoded.ok) throw new Error(decoded.why);
      crc = decoded.crc;
      if (seq >= from) yield decoded.record;
    }
  }

  async close(): Promise<void> {
    await this.flush();
    this.#closed = true;
  }
}
