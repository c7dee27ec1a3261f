import type { JournalRecord, RecordDraft } from './records/record.js';

/**
 * An append-only log of one run: the port. Adapters: FileJournal, MemoryJournal; both pass
 * test/support/journal-contract.ts.
 */
export interface Journal {
  /** Highest sequence number appended; 0 when empty. */
  readonly lastSeq: number;
  /** Highest sequence number known to be on disk. */
  readonly durableSeq: number;
  /**
   * Takes a fact and gives it the next `seq` and the clock's `at`. Does not wait: what is appended
   * while a sync is in flight goes out together in the next one (group commit). Throws
   * JournalWriteError once a write or sync has failed; such a journal never writes again.
   */
  append(draft: RecordDraft): JournalRecord;
  /** Resolves when everything appended so far is on disk; rejects with JournalWriteError when it can't be. */
  flush(): Promise<void>;
  /** Records that are on disk, from `from` (default 1) to `durableSeq` at the time of the call. */
  read(from?: number): AsyncIterable<JournalRecord>;
  /** Something that reads as {@link read} does, and goes on where it was: who reads forward reads all but once. For one reader at a time. */
  reader(): JournalReader;
  /** Writes and syncs what is left and closes. Safe to call twice; after a failure it only closes. */
  close(): Promise<void>;
}

/** See {@link Journal.reader}. */
export interface JournalReader {
  read(from: number): AsyncIterable<JournalRecord>;
}

/** Told by the journal, synchronously, in order. Listeners are set once, at opening, and must not throw. */
export interface JournalListener {
  /** Called before each write. What it throws stops the journal, and nothing more is written. */
  beforeWrite?(): void;
  /** Everything up to `seq` is on disk now. */
  durable(seq: number): void;
  /** A write or sync failed; nothing after `durableSeq` may be believed. Called at most once. */
  failed(error: Error): void;
  /**
   * A write or sync found no space. Resolves whether some was made, so that what was appended can be
   * written after all. Called at most once; without it, no space is a failure as any other.
   */
  makeRoom?(cause: Error): Promise<boolean>;
}
