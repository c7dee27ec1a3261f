import type { Attempt, Execution, OutputChunk } from '../../runners/runner.js';
import type { RedactingStream } from '../../secrets/redacting-stream.js';
import type { Redactor } from '../../secrets/redactor.js';
import type { RunSecrets } from '../secrets/run-secrets.js';

type Stream = OutputChunk['stream'];

/** A stream of an attempt. */
interface Printed {
  readonly redacting: RedactingStream;
  /** Bytes that were handed on, and that were taken; undefined where the runner counts none. */
  sent: number | undefined;
  taken: number | undefined;
}

/**
 * What an attempt prints, without secrets, also when one comes in two pieces. What is kept back counts with the
 * piece before it.
 */
export class RedactedOutput {
  readonly #redactor: () => Redactor;
  readonly #emit: (chunk: OutputChunk) => void;
  readonly #streams = new Map<Stream, Printed>();

  constructor(redactor: () => Redactor, emit: (chunk: OutputChunk) => void) {
    this.#redactor = redactor;
    this.#emit = emit;
  }

  /** Takes what was printed; hands on what can't be the beginning of a secret. One that is broken into lines comes in one piece. */
  push({ stream, text, offset, bytes = 0 }: OutputChunk): void {
    const printed = this.#streams.get(stream) ?? {
      redacting: this.#redactor().stream(),
      sent: offset,
      taken: offset,
    };
    this.#streams.set(stream, printed);
    if (offset !== undefined) printed.taken = offset + bytes;
    const { redacting } = printed;
    this.#handOn(stream, printed, redacting.push(text) + redacting.pause());
  }

  /** Hands on the rest: nothing more comes. */
  end(): void {
    for (const [stream, printed] of this.#streams)
      this.#handOn(stream, printed, printed.redacting.end());
    this.#streams.clear();
  }

  #handOn(stream: Stream, printed: Printed, text: string): void {
    if (text === '') return;
    const { sent: offset, taken } = printed;
    printed.sent = taken;
    const isCounted = offset !== undefined && taken !== undefined;
    this.#emit({ stream, text, ...(isCounted ? { offset, bytes: taken - offset } : {}) });
  }
}

/** An execution whose output is redacted; it has ended when all that it printed went out. */
export function redacting(
  secrets: RunSecrets,
  emit: Attempt['output'],
  begin: (output: Attempt['output']) => Execution,
): Execution {
  const output = new RedactedOutput(() => secrets.redactor, emit);
  const execution = begin((chunk) => output.push(chunk));
  const outcome = Promise.resolve(execution.outcome).finally(() => output.end());
  const { spawned } = execution;
  const stop: Execution['stop'] = (how) => execution.stop(how);
  return {
    spawned,
    outcome,
    stop,
    hasEnded: async () => (await execution.hasEnded?.()) ?? false,
    detach: () => execution.detach?.(),
  };
}
