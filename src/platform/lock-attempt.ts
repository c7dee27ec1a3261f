import type { LockHolder } from './lock-holder.js';

/** A lock that is held. */
export interface HeldLock {
  release(): Promise<void>;
  /** Whether what is locked is still there under its name: if not, somebody else may lock what is there now. Cheap. */
  isInPlace(): boolean;
}

/** What became of an attempt to lock. */
export type LockAttempt =
  | { readonly held: HeldLock }
  | {
      readonly takenBy: LockHolder | undefined;
      /** The file that says so, when it can't be seen from here whether that process still lives. */
      readonly unsure?: string;
    };
