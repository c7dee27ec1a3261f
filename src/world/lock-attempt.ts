import type { LockHolder } from './lock-holder.js';

/** A lock that is held. */
export interface HeldLock {
  release(): Promise<void>;
}

/** What became of an attempt to lock. */
export type LockAttempt =
  | { readonly held: HeldLock }
  | { readonly takenBy: LockHolder | undefined };
