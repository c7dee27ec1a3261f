import type { Cancel, Clock } from '../../platform/clock.js';
import type { Execution, Outcome } from '../../runners/runner.js';

/** Why an attempt was told to stop. */
export type StopReason = 'timeout' | 'cancel' | 'shutdown';

/** How an attempt ended, and whether it was told to. `O`: its outcome, or what became of it. */
export interface Ended<O = Outcome> {
  readonly outcome: O;
  readonly stopped?: StopReason | undefined;
}

/**
 * An attempt while it runs, with its way to stop it:
 *
 *   stop(reason): interrupt ──grace──► kill     kill(reason): at once     detach(): never
 *
 * It has ended only when its runner says that nothing of it is left.
 */
export class LiveAttempt {
  /** How it ended; undefined when it was let go before. */
  readonly ended: Promise<Ended | undefined>;
  readonly #execution: Execution;
  readonly #clock: Clock;
  readonly #graceMs: number;
  #stopped: StopReason | undefined;
  #timer: Cancel | undefined;
  #isOver = false;
  #isDetached = false;
  #resolveEnded: (ended: undefined) => void = () => {};

  constructor(execution: Execution, clock: Clock, graceMs: number, timeoutMs: number | undefined) {
    this.#execution = execution;
    this.#clock = clock;
    this.#graceMs = graceMs;
    if (timeoutMs !== undefined) this.limit(timeoutMs);
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
      void execution.outcome.then((outcome) => {
        this.#timer?.();
        this.#isOver = true;
        resolve({ outcome, stopped: this.#stopped });
      });
    });
  }

  /** Stops the attempt after so long, ms, unless it is being stopped already. */
  limit(timeoutMs: number): void {
    if (this.#stopped !== undefined || this.#isOver || this.#isDetached) return;
    this.#timer = this.#clock.after(timeoutMs, () => {
      void this.lookForEnd().then(() => this.stop('timeout'));
    });
  }

  /**
   * Looks whether it has ended though nobody was told yet: after a stall (a suspended machine, a blocked event loop)
   * timers fire before ends are told that came first. Then it is not stopped any more.
   */
  async lookForEnd(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.soon(resolve));
    if (this.#isOver || !(await this.#execution.hasEnded?.())) return;
    this.#isOver = true;
    this.#timer?.();
  }

  /** Asks the attempt to stop, and kills it after the grace. The first reason counts; asking again changes nothing. */
  stop(reason: StopReason): void {
    if (this.#stopped !== undefined || this.#isOver || this.#isDetached) return;
    this.#timer?.();
    this.#stopped = reason;
    this.#execution.stop('interrupt');
    this.#timer = this.#clock.after(this.#graceMs, () => this.#execution.stop('kill'));
  }

  /** No more grace. An attempt told to stop before keeps its first reason. */
  kill(reason: StopReason): void {
    this.stop(reason);
    this.#timer?.();
    if (!this.#isOver && !this.#isDetached) this.#execution.stop('kill');
  }

  /**
   * Nothing here ends it any more, and it does not keep this process from ending. Resolves when whoever
   * looks for its process can't miss it.
   */
  async detach(): Promise<void> {
    this.#isDetached = true;
    this.#timer?.();
    await this.#execution.detach?.();
  }

  /** Nobody waits for it any more: it goes on by itself. */
  release(): void {
    this.#resolveEnded(undefined);
  }
}
