import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/definition/json.js';
import { NushellRunner } from '../../src/runners/nushell/nushell-runner.js';
import { ShellRunner } from '../../src/runners/shell/shell-runner.js';

type With = { readonly [key: string]: JsonValue };
const shell = new ShellRunner();
const nu = new NushellRunner();

describe('settings of a program that are wrong', () => {
  it.each<[With, string]>([
    [{}, 's.command: is missing; expected text'],
    [{ cmd: 'echo' }, 's: unknown key "cmd"; did you mean "command"?'],
    [{ comand: 'echo' }, 's: unknown key "comand"; did you mean "command"?'],
    [{ runner: 'shell', with: {} }, 's: unknown key "runner"; write the settings themselves here'],
    [{ command: ['echo'] }, 's.command: expected text, found a list'],
    [{ command: null }, 's.command: expected text, found null'],
    [{ command: { $input: 'x' } }, 's.command: must be text that is fixed in the definition'],
    [{ command: 'a', cwd: 5 }, 's.cwd: expected text, found the number 5; put it in quotes: "5"'],
    [{ command: 'a', args: [5] }, 's.args.0: expected text, found the number 5; put it in quotes'],
    [{ command: 'a', args: [[]] }, 's.args.0: expected text, found a list'],
    [{ command: 'a', args: 'b' }, 's.args: expected a list, found text; write a list: ["b"]'],
    [{ command: 'a', env: { A: null } }, 's.env.A: must be text, a number, true or false'],
    [{ command: 'a', env: [] }, 's.env: expected an object, found a list'],
    [{ command: 'a', stdin: 1 }, 's.stdin: expected text, found the number 1; put it in quotes'],
  ])('%j: %s', (settings, text) => {
    expect(() => shell.check(settings, 's')).toThrow(text);
  });
});

describe('settings of a Nushell task that are wrong', () => {
  it.each<[With, string]>([
    [{ use: 'm.nu' }, 'n.call: is missing; expected text'],
    [{ use: 'm.nu', cal: 'x' }, 'n: unknown key "cal"; did you mean "call"?'],
    [{ use: 'm.nu', call: 'x', code: 'y' }, 'n: "use" and "code" do not go together'],
    [{ code: 'x', script: 'y' }, 'n: "code" and "script" do not go together'],
    [{ use: 'm.nu', call: 'x', args: 'y' }, 'n.args: expected a list, found text'],
    [{ script: 's.nu', args: [1] }, 'n.args.0: expected text, found the number 1'],
  ])('%j: %s', (settings, text) => {
    expect(() => nu.check(settings, 'n', 'task')).toThrow(text);
  });
});
