import type { Attempt, Execution, OutputChunk } from '../runners/runner.js';
import type { RedactingStream } from '../secrets/redacting-stream.js';
import type { Redactor } from '../secrets/redactor.js';
import type { RunSecrets } from './run-secrets.js';

type Stream = OutputChunk['stream'];

/** What an attempt prints, without secrets, also when one comes in two pieces. */
export class RedactedOutput {
  readonly #redactor: () => Redactor;
  readonly #emit: (chunk: OutputChunk) => void;
  readonly #streams = new Map<Stream, RedactingStream>();

  constructor(redactor: () => Redactor, emit: (chunk: OutputChunk) => void) {
    this.#redactor = redactor;
    this.#emit = emit;
  }

  /** Takes what was printed; hands on what can't be the beginning of a secret. One that is broken into lines comes in one piece. */
  push({ stream, text }: OutputChunk): void {
    const redacting = this.#streams.get(stream) ?? this.#redactor().stream();
    this.#streams.set(stream, redacting);
    this.#handOn(stream, redacting.push(text) + redacting.pause());
  }

  /** Hands on the rest: nothing more comes. */
  end(): void {
    for (const [stream, redacting] of this.#streams) this.#handOn(stream, redacting.end());
    this.#streams.clear();
  }

  #handOn(stream: Stream, text: string): void {
    if (text !== '') this.#emit({ stream, text });
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
  return { spawned: execution.spawned, outcome, stop: (how) => execution.stop(how) };
}
