import type { ProcessIdentity } from '../../platform/process-identity.js';
import type { Execution, Outcome } from '../../runners/runner.js';
import { quietly } from '../quietly.js';
import { endedExecution } from './deferred-execution.js';
import { failedBy, outcomeFrom } from './outcome.js';

/**
 * An attempt whose runner can't reach the engine: runners promise not to throw or reject, but they may be the
 * user's own. What breaks the promise fails the attempt, and nothing else.
 */
export function guarded(begin: () => Execution): Execution {
  try {
    return new GuardedExecution(begin());
  } catch (error) {
    return endedExecution(failedBy(error));
  }
}

class GuardedExecution implements Execution {
  readonly spawned: Execution['spawned'];
  readonly outcome: Promise<Outcome>;
  readonly #execution: Execution;

  constructor(execution: Execution) {
    const { spawned, outcome } = execution;
    if (spawned !== undefined)
      this.spawned = Promise.resolve(spawned).then(identityFrom).catch(nothing);
    this.outcome = Promise.resolve(outcome).then(outcomeFrom, failedBy);
    this.#execution = execution;
  }

  /** What it throws is told to nobody: it goes on until it ends by itself. */
  stop(how: 'interrupt' | 'kill'): void {
    void quietly(() => this.#execution.stop(how));
  }

  async hasEnded(): Promise<boolean> {
    let ended: boolean | undefined;
    await quietly(async () => {
      ended = await this.#execution.hasEnded?.();
    });
    return ended === true;
  }

  detach(): Promise<void> {
    return quietly(() => this.#execution.detach?.());
  }
}

/** Just the fields that the journal knows, and only when they are what they should be. */
function identityFrom(given: ProcessIdentity | undefined): ProcessIdentity | undefined {
  if (given === undefined) return undefined;
  const { pid, startTime, bootId } = given;
  const isIdentity =
    Number.isSafeInteger(pid) && typeof startTime === 'string' && typeof bootId === 'string';
  return isIdentity ? { pid, startTime, bootId } : undefined;
}

function nothing(): undefined {
  return undefined;
}
