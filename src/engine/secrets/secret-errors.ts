import { NuflowError, quote } from '../../errors.js';

/** A run needs secrets that are not there. Nothing of it was started or changed. */
export class SecretMissingError extends NuflowError {
  readonly names: readonly string[];
  constructor(run: string, names: readonly string[], options?: ErrorOptions) {
    super(
      'NUFLOW_SECRET_MISSING',
      `Run ${quote(run)} needs ${names.map(quote).join(', ')}, of which no value was given; give it to Orchestrator.open({ secrets }) or resume(id, { secrets }), then ask again. Nothing was started.`,
      { run, names },
      options,
    );
    this.names = names;
  }
}

/** A value can't be kept secret. */
export class InvalidSecretError extends NuflowError {
  constructor(name: string, why: string) {
    super('NUFLOW_INVALID_SECRET', `Secret ${quote(name)} ${why}.`, { name, why });
  }
}
