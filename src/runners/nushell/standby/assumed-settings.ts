import type { JsonValue } from '../../../definition/json.js';
import { referencesIn } from '../../../definition/references.js';

type With = { readonly [key: string]: JsonValue };

/** Number of arguments and names of flags that a command was called with. */
interface Called {
  readonly args: number;
  readonly flags: readonly string[];
}

/**
 * What tasks will be called with, as far as their program depends on it: how many arguments, which flags. Where
 * those are computed, it is as the command was called with the last time.
 */
export class AssumedSettings {
  readonly #called = new Map<string, Called>();

  /** Takes note of a task's `with` as it starts. */
  seen(settings: With): void {
    const { args = [], flags = {} } = settings;
    const command = commandOf(settings);
    if (command === undefined || !Array.isArray(args)) return;
    this.#called.set(command, { args: args.length, flags: Object.keys(flags ?? {}) });
  }

  /** `with` with anything in place of what is computed; undefined when its program can't be told. */
  of(settings: With): With | undefined {
    // A program has its environment from its start, but for what every attempt is told.
    if (referencesIn(settings.env ?? null).length > 0) return undefined;
    const { args, flags } = settings;
    const called = this.#called.get(commandOf(settings) ?? '');
    const count = Array.isArray(args) ? args.length : args === undefined ? 0 : called?.args;
    const names = isComputed(flags) ? called?.flags : Object.keys(flags ?? {});
    if (count === undefined || names === undefined) return undefined;
    return {
      ...settings,
      ...(args === undefined ? {} : { args: new Array<JsonValue>(count).fill('') }),
      ...(flags === undefined ? {} : { flags: given(flags, names) }),
      ...(settings.input === undefined ? {} : { input: null }),
    };
  }
}

function commandOf({ use, call }: With): string | undefined {
  return typeof use === 'string' && typeof call === 'string' ? `${use}\n${call}` : undefined;
}

function isComputed(flags: JsonValue | undefined): boolean {
  return Object.keys(flags ?? {}).some((name) => name.startsWith('$'));
}

/** Flags without a value are not given at all. */
function given(flags: JsonValue, names: readonly string[]): With {
  const isNull = (name: string): boolean => !isComputed(flags) && (flags as With)[name] === null;
  return Object.fromEntries(names.map((name) => [name, isNull(name) ? null : '']));
}
