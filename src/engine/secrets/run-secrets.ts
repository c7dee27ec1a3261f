import { frozen, type JsonValue } from '../../definition/json.js';
import { hiddenNames, restoreInput, type SecretPath } from '../../definition/secret-inputs.js';
import { secretsIn } from '../../definition/secrets.js';
import type { WorkflowSpec } from '../../definition/spec.js';
import { InvalidInputError } from '../../errors.js';
import type { RecordDraft } from '../../journal/records/record.js';
import type { AttemptSecrets, Outcome } from '../../runners/runner.js';
import { MIN_LENGTH } from '../../secrets/forms.js';
import { Redactor, type Secret } from '../../secrets/redactor.js';
import { redactError, redactRecord } from './redact-record.js';
import { InvalidSecretError, SecretMissingError } from './secret-errors.js';

/** Where values of secrets come from: by name, or asked for by name each time a task that is given one starts. */
export type SecretSource =
  | Readonly<Record<string, string>>
  | ((name: string) => string | undefined | Promise<string | undefined>);

/** What a run says of its secrets. */
export interface RunOfSecrets {
  readonly id: string;
  readonly workflow: WorkflowSpec;
  /** As it is journaled. */
  readonly input: JsonValue;
}

/**
 * The secrets of one run: their values, in memory only, and the redaction of all that the run writes or
 * emits. A value that was replaced is still redacted: an older attempt may yet print it.
 */
export class RunSecrets implements AttemptSecrets {
  readonly #run: string;
  readonly #workflow: string;
  readonly #sources: readonly SecretSource[];
  readonly #names: readonly string[];
  readonly #paths: readonly SecretPath[];
  readonly #hidden: JsonValue;
  readonly #seen: Secret[] = [];
  #redactor = new Redactor([]);
  #input: JsonValue | undefined;

  private constructor({ id, workflow, input }: RunOfSecrets, sources: readonly SecretSource[]) {
    this.#run = id;
    this.#workflow = workflow.name;
    this.#paths = workflow.secretInputs ?? [];
    this.#hidden = input;
    this.#names = [...secretsIn(workflow.tasks), ...hiddenNames(input, this.#paths)];
    this.#sources = sources;
  }

  /** Undefined when the run's definition uses no secrets. Of the sources the first that knows a secret counts. */
  static of(run: RunOfSecrets, sources: readonly SecretSource[]): RunSecrets | undefined {
    const { secretInputs = [], tasks } = run.workflow;
    const usesNone = secretInputs.length === 0 && secretsIn(tasks).length === 0;
    return usesNone ? undefined : new RunSecrets(run, sources);
  }

  /** Whether a value of each is known. */
  get complete(): boolean {
    return this.#names.every((name) => this.#seen.some((it) => it.name === name));
  }

  /** The input as tasks see it. Throws SecretMissingError before its secrets were fetched. */
  get input(): JsonValue {
    this.#input ??= restoreInput(this.#hidden, this.#paths, (name) => this.#latest(name));
    return this.#input;
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

  /**
   * Refuses a run id that holds a secret, as it names files and is shown everywhere; and an input that holds one
   * elsewhere than where secrets are marked: it can't be journaled as it is, and must not be changed. Throws
   * InvalidSecretError, InvalidInputError.
   */
  assertHidden(): void {
    const shown = this.#seen.find(({ value }) => isTelling(value) && this.#run.includes(value));
    if (shown !== undefined) throw new InvalidSecretError(shown.name, IN_ID);
    const plain = restoreInput(this.#hidden, this.#paths, () => '');
    const places = [...revealing(plain, this.#redactor)];
    if (places.length === 0) return;
    throw new InvalidInputError(
      this.#workflow,
      places.map((path) => ({ path, message: REVEALS })),
    );
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
      default:
        if (outcome.error === undefined) return outcome;
        return { ...outcome, error: redactError(this.#redactor, outcome.error) };
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

  #latest(name: string): string {
    const found = this.#seen.findLast((it) => it.name === name);
    if (found === undefined) throw new SecretMissingError(this.#run, [name]);
    return found.value;
  }

  /** Of values that were replaced the oldest go when all are more than can be looked for. Throws InvalidSecretError when none was replaced. */
  #forgetReplaced(name: string): void {
    while (this.#seen.reduce((sum, { value }) => sum + Buffer.byteLength(value), 0) > MAX_ALL) {
      const oldest = this.#seen.findIndex(
        (it, i) => this.#seen.findLastIndex((other) => other.name === it.name) > i,
      );
      if (oldest === -1) {
        this.#seen.pop();
        throw new InvalidSecretError(
          name,
          `makes all secrets of the run more than ${MAX_ALL} bytes`,
        );
      }
      this.#seen.splice(oldest, 1);
    }
  }

  #learn(name: string, value: unknown): string {
    const found = usable(name, value);
    if (this.#seen.some((it) => it.name === name && it.value === found)) return found;
    this.#seen.push({ name, value: found });
    this.#forgetReplaced(name);
    this.#redactor = new Redactor(this.#seen);
    return found;
  }
}

const IN_ID = 'is part of the run id, which names files and is shown everywhere; choose another id';

/** Shorter secrets are in many an id by accident. */
const MIN_TELLING = 8;

function isTelling(value: string): boolean {
  return value.length >= MIN_TELLING;
}

const REVEALS =
  'holds the value of a secret, but is not marked as secret itself; list it under secretInputs, or leave the value out';

/** Paths of the parts that hold a secret. */
function* revealing(value: JsonValue, redactor: Redactor, path = '$'): Generator<string> {
  if (redactor.value(value) === value) return;
  if (typeof value !== 'object' || value === null) return yield path;
  for (const [key, part] of Object.entries(value)) {
    if (redactor.reveals(key)) yield `${path} (in a key)`;
    yield* revealing(part as JsonValue, redactor, `${path}.${redactor.text(key)}`);
  }
}

async function answer(source: SecretSource, name: string): Promise<string | undefined> {
  if (typeof source === 'function') return source(name);
  return Object.hasOwn(source, name) ? source[name] : undefined;
}

/** Most that a secret may have, and all of a run, bytes: what they are looked for with grows with them. */
const MAX_ONE = 32 * 1024;
const MAX_ALL = 128 * 1024;

/** The value, when it can be told from other text. The error never holds it. */
function usable(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new InvalidSecretError(name, 'is not text');
  if (!value.isWellFormed())
    throw new InvalidSecretError(name, 'has a lone surrogate, which no program could be given');
  if (Buffer.byteLength(value) > MAX_ONE)
    throw new InvalidSecretError(
      name,
      `has more than ${MAX_ONE} bytes, which is too much to be looked for in all that a task prints; encrypt what is big, and let its key be the secret`,
    );
  if (value.trim().length < MIN_LENGTH) {
    throw new InvalidSecretError(
      name,
      `has fewer than ${MIN_LENGTH} characters: it could not be told from other text, and so not be kept out of logs`,
    );
  }
  return value;
}
