import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, type ProcessIdentity } from '../../platform/process-identity.js';
import type { ProcessEnd } from '../process/process.js';
import type { Program, Starting } from '../process/process-starter.js';
import type { StartRequest } from './protocol.js';

/** How often a process is looked at whose parent is gone, ms. */
const POLL_MS = 100;

type Resolve<T> = (value: T | PromiseLike<T>) => void;

/** How its process is come by: see StartRequest. */
export type How = Pick<StartRequest, 'waits' | 'by'>;

/** A process that a spawner was asked for. */
export class Job implements Starting {
  readonly spawned: Promise<ProcessIdentity | undefined>;
  readonly ended: Promise<ProcessEnd>;
  readonly dir: string;
  readonly program: Program;
  readonly how: How;
  /** Its name in requests and answers, once it was asked for. */
  id = 0;
  readonly #forget: (job: Job) => void;
  /** Made when somebody waits for it: it costs more than all else here. */
  #detaching: AbortController | undefined;
  #isDetached = false;
  #identity: ProcessIdentity | undefined;
  #resolveSpawned: Resolve<ProcessIdentity | undefined> = () => {};
  #resolveEnded: Resolve<ProcessEnd> = () => {};

  /** @param forget Called when nobody waits for its end any more. */
  constructor(dir: string, program: Program, forget: (job: Job) => void, how: How = {}) {
    this.how = how;
    this.dir = dir;
    this.program = program;
    this.#forget = forget;
    this.spawned = new Promise((resolve) => {
      this.#resolveSpawned = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Its process, once it is known to run. */
  get identity(): ProcessIdentity | undefined {
    return this.#identity;
  }

  started(identity: ProcessIdentity): void {
    this.#identity = identity;
    this.#resolveSpawned(identity);
  }

  end(end: ProcessEnd): void {
    this.#resolveSpawned(this.#identity);
    this.#resolveEnded(end);
  }

  detach(): void {
    this.#isDetached = true;
    this.#detaching?.abort();
    this.#forget(this);
  }

  /** Aborted when nobody waits for its end any more. */
  get #detached(): AbortSignal {
    this.#detaching ??= new AbortController();
    if (this.#isDetached) this.#detaching.abort();
    return this.#detaching.signal;
  }

  /** Goes on as another start of the same. */
  become(other: Starting): void {
    this.#detached.addEventListener('abort', () => other.detach());
    this.#resolveSpawned(other.spawned);
    this.#resolveEnded(other.ended);
  }

  /** Its process is nobody's child any more: its end is not announced, so it is looked for. */
  async watch(identity: ProcessIdentity): Promise<void> {
    const signal = this.#detached;
    this.started(identity);
    while (await isAlive(identity)) {
      await delay(POLL_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
    }
    this.end({ kind: 'unseen' });
  }
}
