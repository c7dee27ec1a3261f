import { frozen, type JsonValue } from '../../definition/json.js';
import { RunUnfinishedError } from '../../errors.js';
import type { RunEvents } from '../../events.js';
import type { Journal, JournalListener } from '../../journal/journal.js';
import type { JournalRecord, RecordDraft } from '../../journal/records/record.js';
import { reduce } from '../../journal/records/reduce.js';
import { isFinished, type RunState } from '../../journal/records/state.js';
import type { Frontier } from '../../scheduler/frontier.js';
import type { RunContext, RunTools } from '../run-context.js';
import type { RunSecrets } from '../secrets/run-secrets.js';
import { DurableQueue } from './durable-queue.js';

/** What the records of all runs depend on. */
type Storage = Pick<RunTools, 'reserve' | 'assertInPlace'>;

/** Told whether a fact got to the disk. */
export type Settled = (durable: boolean) => void;

/**
 * The one place where something becomes so; the only caller of `append`.
 *
 * What is appended moves the frontier at once, so that an end and the starts it releases share one
 * sync; state, events and effects (`settled`) wait until the record is on disk.
 */
export class Commits implements JournalListener {
  readonly #frontier: Frontier;
  readonly #events: RunEvents;
  readonly #onFailed: (error: Error) => void;
  readonly #secrets: RunSecrets | undefined;
  readonly #storage: Storage;
  readonly #unsynced = new DurableQueue();
  #journal: Journal | undefined;
  #state: RunState | undefined;
  #closed = false;
  #ended = false;

  /** `secrets` are taken out of all facts; `onFailed` is told when nothing can be written any more. */
  constructor(
    frontier: Frontier,
    events: RunEvents,
    storage: Storage,
    { secrets }: Pick<RunContext, 'secrets'>,
    onFailed: (error: Error) => void,
  ) {
    this.#frontier = frontier;
    this.#events = events;
    this.#onFailed = onFailed;
    this.#secrets = secrets;
    this.#storage = storage;
  }

  /** What is on disk, folded. Throws when nothing is there yet. */
  get state(): RunState {
    if (this.#state === undefined) throw new RunUnfinishedError('?');
    return this.#state;
  }

  /** Whether the run's first record is on disk. */
  get accepted(): boolean {
    return this.#state !== undefined;
  }

  get finished(): boolean {
    return this.#state !== undefined && isFinished(this.#state);
  }

  /** Whether the run's last record is appended: no fact may follow it, though it may not be on disk yet. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Where the records are. */
  get journal(): Journal | undefined {
    return this.#journal;
  }

  /** Whether all that was committed is on disk. */
  get synced(): boolean {
    return this.#unsynced.isEmpty;
  }

  /** Takes a record that was on disk before this process came. */
  replay(record: JournalRecord): void {
    freezeValues(record);
    this.#state = reduce(this.#state, record);
    this.#frontier.apply(record);
  }

  /** From here on facts go to this journal. */
  open(journal: Journal): void {
    this.#journal = journal;
  }

  /** Appends a fact. `settled` is told when it is on disk (true), or will not be (false). */
  commit(draft: RecordDraft, settled?: Settled): void {
    if (this.#journal === undefined || this.#closed || this.#ended) {
      settled?.(false);
      return;
    }
    try {
      const record = this.#journal.append(this.#secrets?.record(draft) ?? draft);
      freezeError(record);
      this.#ended = record.type === 'run.finished';
      this.#frontier.apply(record);
      this.#unsynced.push({ record, settled });
    } catch (error) {
      settled?.(false);
      this.failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Whether nothing is on its way to the disk, or nothing gets there any more. */
  get isFlushed(): boolean {
    const journal = this.#journal;
    return journal === undefined || this.#closed || journal.durableSeq >= journal.lastSeq;
  }

  /** Resolves when what is on its way to the disk now is there, or will not be; more may be under way by then. */
  async flush(): Promise<void> {
    await this.#journal?.flush().catch(() => {});
  }

  /** From the journal: everything up to `seq` is on disk. */
  durable(seq: number): void {
    for (let next = this.#unsynced.take(seq); next !== undefined; next = this.#unsynced.take(seq)) {
      this.#state = reduce(this.#state, next.record);
      this.#events.emit(next.record);
      next.settled?.(true);
    }
  }

  /** From the journal: it can't be written any more. */
  failed(error: Error): void {
    this.#onFailed(error);
  }

  /** From the journal: something is about to be written. */
  beforeWrite(): void {
    this.#storage.assertInPlace();
  }

  /** From the journal: there is no space. */
  makeRoom(cause: Error): Promise<boolean> {
    return this.#storage.reserve.free(cause);
  }

  /** Takes no more facts, and gives up on those that are not on disk yet. */
  close(): void {
    this.#closed = true;
    this.#unsynced.abandon();
  }
}

/** Values that come from a disk are as unchangeable as those that were made here. */
function freezeValues(record: JournalRecord): void {
  if (record.type === 'run.started') frozen(record.input);
  if (record.type === 'task.succeeded' || record.type === 'task.decided') frozen(record.output);
  freezeError(record);
}

/** State, events and snapshots share it. */
function freezeError(record: JournalRecord): void {
  if ('error' in record) frozen(record.error as unknown as JsonValue);
}
