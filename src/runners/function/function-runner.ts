import { setImmediate } from 'node:timers';
import { assertJson, type JsonValue } from '../../definition/json.js';
import { InvalidDefinitionError } from '../../errors.js';
import type { Attempt, CallContext, Execution, Outcome, Runner } from '../runner.js';
import { FunctionLog } from './function-log.js';
import { thrownAsData, thrownAsText } from './thrown.js';

/**
 * Runs a task's function in this process. It is asked to stop through its AbortSignal; code that
 * ignores the signal can't be stopped, and is abandoned at `kill`: the attempt ends, the code goes on.
 */
export class FunctionRunner implements Runner {
  check(settings: { readonly [key: string]: JsonValue }, path: string): void {
    const [unknown] = Object.keys(settings);
    if (unknown !== undefined) {
      throw new InvalidDefinitionError(`${path}.${unknown}`, 'a function task has no such setting');
    }
  }

  start(attempt: Attempt): Execution {
    return new FunctionExecution(attempt);
  }
}

class FunctionExecution implements Execution {
  readonly outcome: Promise<Outcome>;
  readonly #context: Context;
  #abandon: ((outcome: Outcome) => void) | undefined;

  constructor(attempt: Attempt) {
    this.#context = new Context(attempt);
    this.outcome = new Promise((resolve) => {
      this.#abandon = resolve;
      void callFunction(attempt, this.#context, resolve);
    });
  }

  stop(how: 'interrupt' | 'kill'): void {
    this.#context.abort();
    // A turn of the event loop later, so that a function that follows the signal ends in its own words.
    if (how === 'kill') setImmediate(() => void this.#leave());
  }

  /** Nobody can take over a function, and the next attempt should not meet this one: it is asked to stop. */
  async detach(): Promise<void> {
    this.#context.abort();
    await this.#context.endLog();
  }

  async #leave(): Promise<void> {
    await this.#context.endLog();
    this.#abandon?.(ABANDONED);
  }
}

const ABANDONED: Outcome = {
  status: 'failed',
  error: {
    code: 'NUFLOW_ABANDONED',
    message:
      'The function did not stop when its signal was aborted and was left behind; stop when context.signal is aborted, or run it as a process of its own.',
  },
};

/** What the function is called with. Most functions never ask for signal or log, so they are made when they do. */
class Context implements CallContext {
  readonly attempt: number;
  readonly #attempt: Attempt;
  #log: FunctionLog | undefined;
  #logLine: CallContext['log'] | undefined;
  #controller: AbortController | undefined;
  #aborted = false;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
    this.attempt = attempt.attempt;
  }

  get log(): CallContext['log'] {
    this.#logLine ??= (line) => this.#opened.line('stdout', line);
    return this.#logLine;
  }

  /** Puts what the function threw into its log. */
  logThrown(error: unknown): void {
    this.#opened.line('stderr', thrownAsText(error));
  }

  /** Undefined when nothing was logged. */
  endLog(): Promise<void> | undefined {
    return this.#log?.end();
  }

  get #opened(): FunctionLog {
    this.#log ??= new FunctionLog(this.#attempt);
    return this.#log;
  }

  get key(): string {
    return this.#attempt.key;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort();
    return this.#controller.signal;
  }

  abort(): void {
    this.#aborted = true;
    this.#controller?.abort();
  }
}

/** Tells `ended` how it ended. */
async function callFunction(
  attempt: Attempt,
  context: Context,
  ended: (outcome: Outcome) => void,
): Promise<void> {
  let outcome = NO_FUNCTION;
  try {
    if (attempt.call !== undefined) outcome = succeeded(attempt, await attempt.call(context));
  } catch (error) {
    context.logThrown(error);
    outcome = { status: 'failed', error: thrownAsData(error) };
  }
  const logEnd = context.endLog();
  if (logEnd !== undefined) await logEnd; // who is told that it has ended finds all of its log
  ended(outcome);
}

/** Throws NotJsonError. */
function succeeded({ task }: Attempt, result: unknown): Outcome {
  const output = assertJson(result ?? null, `the result of task ${JSON.stringify(task)}`);
  return { status: 'succeeded', output };
}

const NO_FUNCTION: Outcome = {
  status: 'failed',
  error: {
    code: 'NUFLOW_NO_FUNCTION',
    message:
      'The task is a function, and the workflow came without its functions; give its source to start or resume.',
  },
};
