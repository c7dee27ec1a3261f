import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { JsonValue } from '../../definition/json.js';
import { callProgram, codeProgram, type When } from './program.js';
import type { NushellSettings } from './settings.js';

/** Of the forms that leave an envelope. */
export type EnvelopeSettings = Exclude<NushellSettings, { form: 'script' }>;

/** Program text of a task. */
export function textOf(parsed: EnvelopeSettings, baseDir: string, when: When): string {
  if (parsed.form === 'code') return codeProgram(parsed.settings.code, when);
  const { use, call, args = [], input } = parsed.settings;
  const shape = {
    module: modulePath(use, baseDir),
    command: call,
    args: args.length,
    flags: givenFlags(parsed.settings.flags).map(([name]) => name),
    piped: input !== undefined,
  };
  return callProgram(shape, when);
}

/** What the program reads. */
export function stdinOf(parsed: EnvelopeSettings): string {
  const { input = null } = parsed.settings;
  if (parsed.form === 'code') return JSON.stringify({ input });
  const { args = [], flags } = parsed.settings;
  return JSON.stringify({ args, flags: givenFlags(flags).map(([, value]) => value), input });
}

/** `--flag null` would override the flag's default. */
function givenFlags(flags: Readonly<Record<string, JsonValue>> = {}): [string, JsonValue][] {
  return Object.entries(flags).filter(([, value]) => value !== null);
}

/** A module beside the definitions by its absolute path; any other is left to Nushell's include paths. */
function modulePath(use: string, baseDir: string): string {
  const path = resolve(baseDir, use);
  return existsSync(path) ? path : use;
}
