import { EventEmitter } from 'eventemitter3';
import { frozen, type JsonValue } from './definition/json.js';
import { InvalidOptionError } from './errors.js';
import type { JournalRecord, RecordType } from './journal/records/record.js';

/** What happens too often, or matters too little, to be journaled. */
export type VolatileEvent =
  /**
   * A piece of what a task printed. The log files hold the whole: byte `offset` of the stream's is the first that
   * `text` stands for, `bytes` how many. After a crash, an attempt that went on is heard from its beginning (or the
   * last 64 KiB of much): who has seen some of it takes what is behind that.
   */
  | {
      readonly type: 'task.output';
      readonly at: string;
      readonly task: string;
      readonly attempt: number;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
      readonly offset?: number | undefined;
      readonly bytes?: number | undefined;
    }
  /** A listener threw; the run goes on and the other listeners are called all the same. */
  | {
      readonly type: 'listener.failed';
      readonly at: string;
      readonly event: string;
      readonly error: string;
    };

/** An event of a run: a record that is on disk, or a volatile one. */
export type RunEvent = JournalRecord | VolatileEvent;
export type EventType = RecordType | VolatileEvent['type'];
/** The event of one type, e.g. `EventOf<'task.failed'>`; `'*'` is any. */
export type EventOf<T extends EventType | '*'> = T extends '*'
  ? RunEvent
  : Extract<RunEvent, { type: T }>;

/** Whether the event is in the journal, and so has a `seq`. */
export function isRecord(event: RunEvent): event is JournalRecord {
  return 'seq' in event;
}

/** What may be in a listener's hands, and so in what it throws. */
export interface EventSecrets {
  readonly redactor: { text(text: string): string };
}

export type Unsubscribe = () => void;

/** Events that are kept for a first listener at most; more than come in one turn of the event loop. */
const KEPT = 2_000;

/**
 * Hands events to listeners, one after another, each shielded from the others' errors: eventemitter3
 * would let the first throw skip the rest and reach the engine. Each gets the same frozen event: what one does to
 * it, neither the others nor the run can notice.
 *
 *   made ── kept for the first listener ──┬─ first listener ──► handed to it, and all that follow
 *                                         └─ {@link openEnded} ─► dropped, the first of them too
 */
export class RunEvents {
  readonly #emitter = new EventEmitter<string, unknown>();
  /** Events so far, while whoever opens the run may not have had the time to listen; then undefined. */
  #kept: RunEvent[] | undefined = [];
  readonly #now: () => string;
  readonly #secrets: EventSecrets | undefined;

  /** For `listener.failed`: `now` gives its instant, `secrets` are taken out of its text. */
  constructor(now: () => string, secrets?: EventSecrets) {
    this.#now = now;
    this.#secrets = secrets;
  }

  /** Calls `listener` for every event of the type; `'*'` is every event. Returns the way to stop. */
  on<T extends EventType | '*'>(type: T, listener: (event: EventOf<T>) => unknown): Unsubscribe {
    const shielded = (event: EventOf<T>): void => this.#call(listener, event);
    this.#emitter.on(type, shielded);
    // Not at once: other listeners may be added in the same breath.
    if (this.#kept !== undefined) queueMicrotask(() => this.#handOver());
    return () => this.#emitter.off(type, shielded);
  }

  emit(event: RunEvent): void {
    if (this.#kept === undefined) this.#send(event);
    else if (this.#kept.length === KEPT && !this.#isHeard) this.#kept = undefined;
    else this.#kept.push(event);
  }

  /** Whether an event of this type would get to anybody. */
  takes(type: EventType): boolean {
    return this.#kept !== undefined || this.hasListeners(type);
  }

  /** To be called when whoever opened the run has had the time to listen: from here on nothing is kept. */
  openEnded(): void {
    if (!this.#isHeard) this.#kept = undefined; // otherwise a hand-over is on its way
  }

  get #isHeard(): boolean {
    return this.#emitter.eventNames().length > 0;
  }

  #handOver(): void {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    for (const event of kept) this.#send(event);
  }

  #send(event: RunEvent): void {
    if (!this.hasListeners(event.type)) return;
    const shown = unchangeable(event);
    this.#emitter.emit(event.type, shown);
    this.#emitter.emit('*', shown);
  }

  /** Whether anybody listens to this type; output is only tailed for listeners. */
  hasListeners(type: EventType): boolean {
    return this.#emitter.listenerCount(type) > 0 || this.#emitter.listenerCount('*') > 0;
  }

  #call<E extends RunEvent>(listener: (event: E) => unknown, event: E): void {
    try {
      const result = listener(event);
      if (typeof result === 'object' && result !== null)
        Promise.resolve(result).catch((error: unknown) => this.#failed(event, error));
    } catch (error) {
      this.#failed(event, error);
    }
  }

  #failed(event: RunEvent, error: unknown): void {
    if (event.type === 'listener.failed') return; // a listener for failures that fails is not told of itself
    const thrown = textOf(error);
    const text = this.#secrets?.redactor.text(thrown) ?? thrown;
    this.emit({ type: 'listener.failed', at: this.#now(), event: event.type, error: text });
  }
}

/** Text of what was thrown; asking for it can throw as well. */
function textOf(error: unknown): string {
  try {
    return String(error instanceof Error ? (error.stack ?? error.message) : error);
  } catch {
    return 'something that could not be read was thrown';
  }
}

/** The event, frozen. Its parts are frozen too, but for a workflow, which is its owner's: that is copied when it is asked for. */
function unchangeable(event: RunEvent): RunEvent {
  if (event.type !== 'run.started')
    return frozen(event as unknown as JsonValue) as unknown as RunEvent;
  const { workflow } = event;
  let copy: JsonValue | undefined;
  const get = (): JsonValue => {
    copy ??= frozen(structuredClone(workflow) as unknown as JsonValue);
    return copy;
  };
  return Object.freeze(
    Object.defineProperty({ ...event }, 'workflow', { get, enumerable: true }), // in its place
  ) as RunEvent;
}

/**
 * Events an iterator holds for a slow consumer before it goes back to reading the journal: more than a run of quick tasks
 * emits in one go, since to read them costs more. What is in them, the run's state holds as well.
 */
const HELD = 10_000;
/** Characters of output it holds, in all of them. */
const HELD_TEXT = 1024 * 1024;

/** Where {@link iterateEvents} gets events from. */
export interface EventSource {
  readonly events: RunEvents;
  /** Records on disk from `from` on. */
  read(from: number): AsyncIterable<JournalRecord>;
  /** Highest `seq` on disk. */
  durableSeq(): number;
  /** Resolves when no more events will come. */
  readonly ended: Promise<void>;
}

/**
 * Every record from `from` on, in order and without gaps, and the volatile events that happen
 * meanwhile. Ends when the run does, or when told to (`return`, also while it waits for an event). A consumer slower
 * than the run costs no memory: what overflows is read from the journal again, only volatile events are
 * lost. Throws InvalidOptionError for a `from` that is no sequence number.
 */
export function iterateEvents(source: EventSource, from = 1): AsyncGenerator<RunEvent, void, void> {
  if (!Number.isSafeInteger(from) || from < 1)
    throw new InvalidOptionError('from', `must be a whole number of at least 1, not ${from}`);
  const inbox = new Inbox();
  const events = eventsFrom(source, from, inbox);
  const { return: end } = events;
  return Object.assign(events, {
    // A generator would take this in only after the event it waits for.
    return: (value?: undefined) => {
      inbox.leave();
      return end.call(events, value);
    },
  });
}

async function* eventsFrom(
  source: EventSource,
  from: number,
  inbox: Inbox,
): AsyncGenerator<RunEvent, void, void> {
  let next = from;
  inbox.open(source.events);
  void source.ended.then(() => inbox.end());
  try {
    for (;;) {
      inbox.overflowed = false;
      while (source.durableSeq() >= next)
        for await (const record of source.read(next)) yield* deliver(record);
      while (!inbox.overflowed) {
        const event = inbox.shift();
        if (event !== undefined) yield* deliver(event);
        else if (inbox.ended) break;
        else await inbox.arrival();
      }
      if (inbox.left || (inbox.ended && source.durableSeq() < next)) return;
    }
  } finally {
    inbox.close();
  }

  function* deliver(event: RunEvent): Generator<RunEvent, void, void> {
    if (isRecord(event)) {
      if (event.seq !== next) return;
      next++;
    }
    yield event;
  }
}

/** Live events waiting for their consumer, at most {@link HELD} and {@link HELD_TEXT}. */
class Inbox {
  overflowed = false;
  /** No more will come. */
  ended = false;
  /** Nobody wants more. */
  left = false;
  #stop: Unsubscribe = () => {};
  #waiting: (RunEvent | undefined)[] = [];
  /** The next of those that wait. */
  #head = 0;
  #text = 0;
  #wake: (() => void) | undefined;

  open(events: RunEvents): void {
    this.#stop = events.on('*', (event) => this.#push(event));
  }

  shift(): RunEvent | undefined {
    const event = this.#waiting[this.#head];
    if (event === undefined) return undefined;
    this.#waiting[this.#head++] = undefined;
    if (this.#head === this.#waiting.length) this.#clear();
    else if (this.#head === HELD) this.#waiting = this.#waiting.slice(HELD);
    this.#head %= HELD;
    this.#text -= outputLength(event);
    return event;
  }

  arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  end(): void {
    this.ended = true;
    this.#wake?.();
  }

  leave(): void {
    this.left = true;
    this.end();
  }

  close(): void {
    this.#stop();
  }

  #clear(): void {
    this.#waiting = [];
    this.#head = 0;
  }

  #push(event: RunEvent): void {
    if (this.#waiting.length - this.#head >= HELD || this.#text > HELD_TEXT) {
      this.#clear();
      this.#text = 0;
      this.overflowed = true;
    }
    this.#text += outputLength(event);
    this.#waiting.push(event);
    this.#wake?.();
  }
}

function outputLength(event: RunEvent): number {
  return event.type === 'task.output' ? event.text.length : 0;
}
