import type { Locks } from '../../src/platform/lock.js';
import type { LockAttempt } from '../../src/platform/lock-attempt.js';
import type { LockHolder } from '../../src/platform/lock-holder.js';
import { never } from './sim-file-system.js';

/** A process that can hold locks. */
export interface LockOwner {
  readonly pid: number;
  readonly startTime: string;
  readonly isAlive: () => boolean;
}

/** The locks of a machine: each belongs to a process and ends with it. */
export class LockTable {
  readonly #held = new Map<string, { readonly owner: LockOwner; readonly holder: LockHolder }>();
  readonly #bootId: () => string;

  constructor(bootId: () => string) {
    this.#bootId = bootId;
  }

  /** The locks as one process sees them. */
  of(owner: LockOwner): Locks {
    return { acquire: (path, now) => this.#acquire(path, now, owner) };
  }

  async #acquire(path: string, since: string, owner: LockOwner): Promise<LockAttempt> {
    if (!owner.isAlive()) return never();
    const taken = this.#held.get(path);
    if (taken?.owner.isAlive()) return { takenBy: taken.holder };
    const { pid, startTime } = owner;
    const mine = { owner, holder: { pid, startTime, bootId: this.#bootId(), since } };
    this.#held.set(path, mine);
    return {
      held: {
        isInPlace: () => this.#held.get(path) === mine,
        release: async () => {
          if (this.#held.get(path) === mine) this.#held.delete(path);
        },
      },
    };
  }
}
