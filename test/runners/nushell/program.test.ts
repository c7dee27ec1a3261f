import { describe, expect, it } from 'vitest';
import { callProgram, codeProgram, rawString } from '../../../src/runners/nushell/program.js';

describe('the text of a program', () => {
  const shape = {
    module: 'm.nu',
    command: 'make it',
    args: 2,
    flags: ['size', 'dry-run'],
    piped: true,
  };

  it('names values by their place only', () => {
    const text = callProgram(shape);
    expect(text).toContain(
      '$__nuflow.input | make it $__nuflow.args.0 $__nuflow.args.1 --size=$__nuflow.flags.0 --dry-run=$__nuflow.flags.1',
    );
    expect(callProgram(shape)).toBe(text);
  });

  it('pipes nothing in when there is no input', () => {
    const text = callProgram({ ...shape, args: 0, flags: [], piped: false });
    expect(text).toContain('{ make it }');
  });

  it('keeps a line of code on the line below it', () => {
    expect(codeProgram('first\nsecond').split('\n').slice(1, 3)).toEqual(['first', 'second']);
  });

  it.each([
    ['plain', "r#'plain'#"],
    ["it's", "r#'it's'#"],
    ["'#", "r##''#'##"],
    ["a##'###", "r####'a##'###'####"],
    ['$(x) "y" `z`\n', 'r#\'$(x) "y" `z`\n\'#'],
  ])('writes %j as a raw string', (text, raw) => {
    expect(rawString(text)).toBe(raw);
  });
});
