import { frozen } from '../definition/json.js';
import { secretsIn } from '../definition/secrets.js';
import type { WorkflowSpec } from '../definition/spec.js';
import type { RecordDraft } from '../journal/record.js';
import type { Outcome } from '../runners/runner.js';
import { MIN_LENGTH } from '../secrets/forms.js';
import { Redactor, type Secret } from '../secrets/redactor.js';
import { redactError, redactRecord } from './redact-record.js';
import { InvalidSecretError, SecretMissingError } from './secret-errors.js';

/** Where values of secrets come from: by name, or asked for by name each time a task that is given one starts. */
export type SecretSource =
  | Readonly<Record<string, string>>
  | ((name: string) => string | undefined | Promise<string | undefined>);

/**
 * The secrets of one run: their values, in memory only, and the redaction of all that the run writes or
 * emits. A value that was replaced is still redacted: an older attempt may yet print it.
 */
export class RunSecrets {
  readonly #run: string;
  readonly #sources: readonly SecretSource[];
  readonly #names: readonly string[];
  readonly #seen: Secret[] = [];
  #redactor = new Redactor([]);

  private constructor(run: string, names: readonly string[], sources: readonly SecretSource[]) {
    this.#run = run;
    this.#names = names;
    this.#sources = sources;
  }

  /** Of a run of this definition; undefined when it uses no secrets. Of the sources the first that knows a secret counts. */
  static of(
    run: string,
    spec: WorkflowSpec,
    sources: readonly SecretSource[],
  ): RunSecrets | undefined {
    const names = secretsIn(spec.tasks);
    return names.length === 0 ? undefined : new RunSecrets(run, names, sources);
  }

  /** Redacts all values known so far. */
  get redactor(): Redactor {
    return this.#redactor;
  }

  /** Values of all the run's secrets, or of those named. Throws SecretMissingError, InvalidSecretError. */
  async fetch(names: readonly string[] = this.#names): Promise<ReadonlyMap<string, string>> {
    const values = await Promise.all(names.map((name) => this.#ask(name)));
    const missing = names.filter((_, index) => values[index] === undefined);
    if (missing.length > 0) throw new SecretMissingError(this.#run, missing);
    return new Map(names.map((name, index) => [name, this.#learn(name, values[index])]));
  }

  /** Asks for all the run's secrets, and does without those that are not there. */
  async fetchAvailable(): Promise<void> {
    await Promise.allSettled(this.#names.map((name) => this.fetch([name])));
  }

  /** The fact as it may be written. */
  record(draft: RecordDraft): RecordDraft {
    return redactRecord(this.#redactor, draft);
  }

  /** The outcome as it may be recorded. */
  outcome(outcome: Outcome): Outcome {
    switch (outcome.status) {
      case 'succeeded':
        return { status: 'succeeded', output: frozen(this.#redactor.value(outcome.output)) };
      case 'failed':
        return { status: 'failed', error: redactError(this.#redactor, outcome.error) };
      default:
        return outcome;
    }
  }

  async #ask(name: string): Promise<string | undefined> {
    for (const source of this.#sources) {
      const value = await answer(source, name).catch((cause: unknown) => {
        throw new SecretMissingError(this.#run, [name], { cause });
      });
      if (value !== undefined) return value;
    }
    return undefined;
  }

  #learn(name: string, value: unknown): string {
    const found = usable(name, value);
    if (this.#seen.some((it) => it.name === name && it.value === found)) return found;
    this.#seen.push({ name, value: found });
    this.#redactor = new Redactor(this.#seen);
    return found;
  }
}

async function answer(source: SecretSource, name: string): Promise<string | undefined> {
  if (typeof source === 'function') return source(name);
  return Object.hasOwn(source, name) ? source[name] : undefined;
}

/** The value, when it can be told from other text. The error never holds it. */
function usable(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new InvalidSecretError(name, 'is not text');
  if (!value.isWellFormed())
    throw new InvalidSecretError(
      name,
      'has half a surrogate pair, which no program could be given',
    );
  if (value.trim().length < MIN_LENGTH) {
    throw new InvalidSecretError(
      name,
      `has fewer than ${MIN_LENGTH} characters: it could not be told from other text, and so not be kept out of logs`,
    );
  }
  return value;
}
